package node

import (
	"context"

	"grandstand/server/hooks"
	"grandstand/session"
)

// handleRaw sets the handlers of a path of plain Engine.IO: whoever comes is
// asked about, and who goes is told. Its messages are not the hooks'.
func (x *hooked) handleRaw(path string, r *session.RawHandlers) {
	call := func(kind hooks.Kind, v *session.Raw) hooks.Call {
		h := v.Handshake()
		return hooks.Call{Hook: kind, Socket: v.ID(), Namespace: path, Transport: "engineio_" + h.Query.Get("transport"), Address: h.Address}
	}
	if x.Wants(hooks.Connect, "") {
		r.Use(func(v *session.Raw) error {
			c, h := call(hooks.Connect, v), v.Handshake()
			c.Query, c.Headers = h.Query, h.Headers
			a, err := x.Ask(context.Background(), c)
			if err != nil {
				x.node.log.Debug("hook without an answer", "hook", "connect", "error", err)
			}
			if a.Reject != nil {
				return refusalOf(a.Reject)
			}
			if a.Disconnect {
				v.Close()
			}
			return nil
		})
	}
	if x.Wants(hooks.Disconnect, "") {
		r.OnLeave(func(v *session.Raw, reason string) {
			c := call(hooks.Disconnect, v)
			c.Reason = reason
			x.Tell(c, nil)
		})
	}
}
