package transport

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestCookie: what sets the cookie, to clients of both versions by both ways in,
// and never again behind the handshake.
func TestCookie(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(p *EnginePath)
		want   string // what stands behind name and session, "" without a cookie
	}{
		{"none", func(p *EnginePath) { p.Cookie = "" }, ""},
		{"name alone", func(*EnginePath) {}, "; Path=/; HttpOnly; SameSite=Lax"},
		{"all", func(p *EnginePath) {
			p.CookieOptions = EngineCookie{Path: "/a b/", SameSite: SameSiteNone, Secure: true, HTTPOnly: true, MaxAge: time.Hour}
		}, "; Max-Age=3600; Path=/a b/; HttpOnly; Secure; SameSite=None"},
		{"least", func(p *EnginePath) { p.CookieOptions = EngineCookie{SameSite: SameSiteStrict} }, "; SameSite=Strict"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := openEcho(t, func(_ *settings, p *EnginePath) {
				p.Cookie = "io"
				tt.change(p)
			})
			for _, eio := range []string{"4", "3"} {
				for _, way := range []string{"polling", "websocket"} {
					got, sid := h.handshakeCookie("/socket.io/?EIO="+eio+"&transport="+way, way == "websocket")
					if tt.want == "" {
						if got != nil {
							t.Errorf("EIO %s, %s: %q, want none", eio, way, got)
						}
						continue
					}
					if len(got) != 1 || got[0] != "io="+sid+tt.want {
						t.Errorf("EIO %s, %s: %q, want io=%s%s", eio, way, got, sid, tt.want)
					}
				}
			}
		})
	}
}

// handshakeCookie begins a session and returns the fields that set cookies, and
// the session's id.
func (h *house) handshakeCookie(target string, socket bool) (fields []string, sid string) {
	h.t.Helper()
	v := &viewer{t: h.t, conn: h.dial(0)}
	v.r = bufio.NewReader(v.conn)
	request := "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"
	if socket {
		request = opening(target)
	}
	v.send(request)
	res, err := http.ReadResponse(v.r, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	var hello string
	if socket {
		hello = v.packet()
	} else {
		p, err := io.ReadAll(res.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		hello = string(p)
	}
	_, rest, _ := strings.Cut(hello, `"sid":"`)
	sid, _, ok := strings.Cut(rest, `"`)
	if !ok {
		h.t.Fatalf("%s: %q is no handshake", target, hello)
	}
	return res.Header["Set-Cookie"], sid
}

// TestCookieInvalid: what no browser would take is refused with its key.
func TestCookieInvalid(t *testing.T) {
	for _, tt := range []struct {
		change func(p *EnginePath)
		want   string
	}{
		{func(p *EnginePath) { p.Cookie = "a b" }, "cookie:"},
		{func(p *EnginePath) { p.CookieOptions.Path = "a" }, "cookie_options.path:"},
		{func(p *EnginePath) { p.CookieOptions.Path = "/;Secure" }, "cookie_options.path:"},
		{func(p *EnginePath) { p.CookieOptions.Path = "/\r\nX: y" }, "cookie_options.path:"},
		{func(p *EnginePath) { p.CookieOptions.SameSite = "Lax" }, "cookie_options.same_site:"},
		{func(p *EnginePath) { p.CookieOptions.SameSite = SameSiteNone }, "want cookie_options.secure"},
		{func(p *EnginePath) { p.CookieOptions.MaxAge = -time.Second }, "cookie_options.max_age:"},
		{func(p *EnginePath) { p.CookieOptions.MaxAge = time.Millisecond }, "cookie_options.max_age:"},
		{func(p *EnginePath) { p.CookieOptions.MaxAge = 9601 * time.Hour }, "cookie_options.max_age:"},
	} {
		c := DefaultConfig()
		c.EngineIO = []EnginePath{DefaultEnginePath()}
		tt.change(&c.EngineIO[0])
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", c.EngineIO[0].CookieOptions, err, tt.want)
		}
	}
}
