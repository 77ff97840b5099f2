package api

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"grandstand/session"
)

// endpoint carries out one kind of request.
type endpoint func(c *call) error

// route is a path and what can be done there.
type route struct {
	// path has * for one part of any content, which becomes call.arg.
	path string
	// params are the query parameters it knows.
	params           []string
	get, post, death endpoint // by method; nil is not allowed
}

// call is a request on its way through an endpoint.
type call struct {
	*fasthttp.RequestCtx
	arg string // what stood for *, decoded
}

// table returns all there is on this port, the hottest first.
func (s *Server) table() []route {
	return []route{
		{path: "/v1/publish", post: s.publish},
		{path: "/v1/broadcast", post: s.broadcast},
		{path: "/v1/emit", post: s.emit},
		{path: "/v1/sockets", get: s.listSockets, params: []string{"namespace", "room", "limit", "after"}},
		{path: "/v1/sockets/join", post: s.joinSockets},
		{path: "/v1/sockets/leave", post: s.leaveSockets},
		{path: "/v1/sockets/disconnect", post: s.disconnectSockets},
		{path: "/v1/rooms", get: s.listRooms, params: []string{"limit", "prefix", "after"}},
		{path: "/v1/rooms/*", get: s.showRoom, death: s.clearRoom},
		{path: "/v1/rooms/*/history", get: s.showHistory, params: []string{"since", "limit"}},
		{path: "/v1/sessions/*", get: s.showSession, death: s.endSession},
		{path: "/healthz", get: s.health},
		{path: "/readyz", get: s.ready},
		{path: "/metrics", get: s.metrics},
	}
}

// route finds the endpoint of a request and calls it.
func (s *Server) route(ctx *fasthttp.RequestCtx) error {
	// The path as it was sent: decoded, the %2F in a room's name would part
	// it like any slash.
	path := string(ctx.URI().PathOriginal())
	for i := range s.routes {
		r := &s.routes[i]
		raw, ok := match(r.path, path)
		if !ok {
			continue
		}
		arg, err := url.PathUnescape(raw)
		if err != nil {
			return refusal(session.CodeBadMessage, "the path holds a bad escape")
		}
		run := r.endpoint(ctx)
		if run == nil {
			ctx.Response.Header.Set("Allow", r.allow())
			return refusal(codeMethod, "%s is not for this path; %s", ctx.Method(), r.allow())
		}
		if err := checkParams(ctx.QueryArgs(), r.params); err != nil {
			return err
		}
		return run(&call{ctx, arg})
	}
	if strings.HasPrefix(path, "/v1/rooms/") {
		return refusal(codeUnknownPath, "nothing is here; a slash in a room's name is written %%2F")
	}
	return refusal(codeUnknownPath, "nothing is here")
}

// match compares a path with a pattern and returns what stands for its *.
func match(pattern, path string) (arg string, ok bool) {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return "", path == pattern
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	arg, ok = strings.CutSuffix(rest, after)
	return arg, ok && arg != "" && !strings.Contains(arg, "/")
}

// endpoint returns what a route does for the request's method.
func (r *route) endpoint(ctx *fasthttp.RequestCtx) endpoint {
	switch {
	case ctx.IsGet(), ctx.IsHead():
		return r.get
	case ctx.IsPost():
		return r.post
	case ctx.IsDelete():
		return r.death
	}
	return nil
}

// allow lists the methods of a route.
func (r *route) allow() string {
	var out []string
	if r.get != nil {
		out = append(out, "GET", "HEAD")
	}
	if r.post != nil {
		out = append(out, "POST")
	}
	if r.death != nil {
		out = append(out, "DELETE")
	}
	return strings.Join(out, ", ")
}

// checkParams refuses parameters that would be overlooked.
func checkParams(args *fasthttp.Args, known []string) error {
	var seen []string
	for key := range args.All() {
		k := string(key)
		if !slices.Contains(known, k) {
			return refusal(session.CodeBadMessage, "no parameter %q here", k)
		}
		if slices.Contains(seen, k) {
			return refusal(session.CodeBadMessage, "parameter %q twice", k)
		}
		seen = append(seen, k)
	}
	return nil
}

// param returns a query parameter, "" if there is none.
func (c *call) param(name string) string { return string(c.QueryArgs().Peek(name)) }

// limit returns the parameter of that name: 1 to most, 100 if not given.
func (c *call) limit(most int) (int, error) {
	text := c.param("limit")
	if text == "" {
		return min(100, most), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, refusal(session.CodeBadMessage, "limit: %q, want 1 to %d", text, most)
	}
	return n, nil
}

// deadline returns a context for what the call sets off.
func (s *Server) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), s.cfg.CallTimeout)
}

// answer writes a JSON body.
func (c *call) answer(body []byte) {
	c.SetContentType(jsonType)
	c.SetBody(body)
}
