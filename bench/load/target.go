package load

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// handshakeKey is the same for every viewer: the server has to answer it
// with the value of acceptKey, which proves that it read ours and speaks WebSocket.
const (
	handshakeKey = "Z3JhbmRzdGFuZC1iZW5jaA=="
	acceptMagic  = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455 §1.3
)

// Target is the address viewers connect to.
type Target struct {
	Addr netip.AddrPort
	host string // as written in the Host line
	path string // path and query, never empty
}

// ParseTarget reads a ws:// or http:// URL. A name is resolved once, here.
func ParseTarget(raw string) (Target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Target{}, fmt.Errorf("target %q: %w", raw, err)
	}
	if u.Scheme != "ws" && u.Scheme != "http" || u.Host == "" {
		return Target{}, fmt.Errorf("target %q: want ws://HOST:PORT/PATH or http://", raw)
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "80")
	}
	tcp, err := net.ResolveTCPAddr("tcp", host)
	if err != nil {
		return Target{}, fmt.Errorf("target %q: %w", raw, err)
	}
	addr := tcp.AddrPort()
	if !addr.IsValid() || addr.Port() == 0 || !addr.Addr().IsValid() {
		return Target{}, fmt.Errorf("target %q: no address and port", raw)
	}
	path := reopenHoles(u.RequestURI())
	if path == "" {
		path = "/"
	}
	return Target{Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), host: u.Host, path: path}, nil
}

// MarshalText is the target as a URL.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads it. Its name is resolved where it is read.
func (t *Target) UnmarshalText(p []byte) error {
	var err error
	*t, err = ParseTarget(string(p))
	return err
}

// acceptKey is what a server must answer to handshakeKey (RFC 6455 §4.2.2).
func acceptKey() string {
	sum := sha1.Sum([]byte(handshakeKey + acceptMagic))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// appendRequest appends the upgrade request of a viewer of some rooms.
func (t Target) appendRequest(dst []byte, rooms []string, since, protocol, extra string) []byte {
	if since != "" {
		since = "since=" + url.QueryEscape(since)
	}
	return t.appendUpgrade(t.appendGet(dst, rooms, since), protocol, extra)
}

// appendUpgrade ends the line of an upgrade request and appends its head.
func (t Target) appendUpgrade(dst []byte, protocol, extra string) []byte {
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, t.host...)
	dst = append(dst, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+handshakeKey+"\r\n"...)
	if protocol != "" {
		dst = append(dst, "Sec-WebSocket-Protocol: "+protocol+"\r\n"...)
	}
	dst = append(dst, extra...)
	return append(dst, '\r', '\n')
}

// checkUpgrade reads the server's answer to the upgrade request. n is how many
// bytes it takes; what follows are frames already.
func checkUpgrade(p []byte, accept string) (n int, err error) {
	const maxAnswer = 8 << 10
	head, _, found := strings.Cut(string(p[:min(len(p), maxAnswer)]), "\r\n\r\n")
	if !found {
		if len(p) >= maxAnswer {
			return 0, errors.New("load: upgrade answer over 8 KiB")
		}
		return 0, short(p)
	}
	lines := strings.Split(head, "\r\n")
	if !strings.HasPrefix(lines[0], "HTTP/1.1 101") {
		return 0, fmt.Errorf("load: want the 101 of a WebSocket, got %.60q", lines[0])
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Sec-WebSocket-Accept") {
			if strings.TrimSpace(value) != accept {
				return 0, fmt.Errorf("load: Sec-WebSocket-Accept %q, want %q", value, accept)
			}
			return len(head) + 4, nil
		}
	}
	return 0, errors.New("load: upgrade answer without Sec-WebSocket-Accept")
}
