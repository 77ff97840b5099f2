package epoll

import (
	"net/netip"
	"sync"
)

// maxRefused bounds the refused connections that wait for their answer at once.
// Above it a connection over a limit is reset without one.
const maxRefused = 256

// verdict is what a gate says to a new connection.
type verdict int

const (
	letIn verdict = iota
	overConns
	overPerIP
)

// gate counts connections against the limits.
type gate struct {
	maxConns, maxPerIP int

	mu      sync.Mutex
	conns   int
	refused int
	perIP   map[[16]byte]int32 // empty unless maxPerIP is set
}

func newGate(cfg Config) *gate {
	return &gate{maxConns: cfg.MaxConns, maxPerIP: cfg.MaxConnsPerIP, perIP: make(map[[16]byte]int32)}
}

// enter asks for a place for ip. answer says whether a refused connection may
// stay for its answer. Whoever was let in or may stay has to leave.
func (g *gate) enter(ip [16]byte) (v verdict, answer bool) {
	key := clientKey(ip)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.maxConns > 0 && g.conns >= g.maxConns:
		v = overConns
	case g.maxPerIP > 0 && int(g.perIP[key]) >= g.maxPerIP:
		v = overPerIP
	default:
		g.conns++
		if g.maxPerIP > 0 {
			g.perIP[key]++
		}
		return letIn, true
	}
	if g.refused >= maxRefused {
		return v, false
	}
	g.refused++
	return v, true
}

// leave gives the place back.
func (g *gate) leave(ip [16]byte, refused bool) {
	key := clientKey(ip)
	g.mu.Lock()
	defer g.mu.Unlock()
	if refused {
		g.refused--
		return
	}
	g.conns--
	if g.maxPerIP == 0 {
		return
	}
	if g.perIP[key]--; g.perIP[key] <= 0 {
		delete(g.perIP, key)
	}
}

// clientKey is what counts as one client: an IPv4 address, or the /64 of an IPv6
// address, which is the smallest block one subscriber is given.
func clientKey(ip [16]byte) [16]byte {
	if !netip.AddrFrom16(ip).Is4In6() {
		clear(ip[8:])
	}
	return ip
}
