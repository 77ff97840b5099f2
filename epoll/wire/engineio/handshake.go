package engineio

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Handshake is what a server tells a client in the packet Open. Times are in
// milliseconds, sizes in bytes.
type Handshake struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"` // carriers that may be changed to
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"` // of a client's payload
}

// AppendHandshake appends it as the data of a packet. Neither the id nor the
// names of carriers may need escapes.
func AppendHandshake(dst []byte, h *Handshake) []byte {
	dst = append(append(append(dst, `{"sid":"`...), h.SID...), `","upgrades":[`...)
	for i, u := range h.Upgrades {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), u...), '"')
	}
	dst = strconv.AppendInt(append(dst, `],"pingInterval":`...), int64(h.PingInterval), 10)
	dst = strconv.AppendInt(append(dst, `,"pingTimeout":`...), int64(h.PingTimeout), 10)
	dst = strconv.AppendInt(append(dst, `,"maxPayload":`...), int64(h.MaxPayload), 10)
	return append(dst, '}')
}

// ParseHandshake reads the data of a packet Open.
func ParseHandshake(p []byte) (Handshake, error) {
	var h Handshake
	if err := json.Unmarshal(p, &h); err != nil {
		return Handshake{}, fmt.Errorf("engineio: handshake: %w", err)
	}
	if h.SID == "" || h.PingInterval <= 0 || h.PingTimeout <= 0 {
		return Handshake{}, fmt.Errorf("engineio: handshake: %w", ErrPacket)
	}
	return h, nil
}
