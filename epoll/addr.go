package epoll

import (
	"net"
	"net/netip"
	"reflect"
	"unsafe"

	"github.com/lesismal/nbio"
)

// addrFields are the offsets of the two addresses an nbio.Conn keeps.
//
// nbio copies LocalAddr and RemoteAddr of every accepted connection: two
// net.TCPAddr and two IPs, 160 bytes, which is most of what an idle connection
// costs in this process. It has no way to turn that off, and a Conn of ours
// keeps the peer in 18 bytes. So the fields are emptied in place. The offsets are
// taken from the type at start and used only if both are of type net.Addr; if a
// later nbio calls them otherwise, nothing is touched and a connection merely
// costs more. nbio itself reads them only in LocalAddr and RemoteAddr, and for UDP.
type addrFields struct {
	local, remote uintptr
	found         bool
}

// findAddrs looks the fields up.
func findAddrs() addrFields {
	conn := reflect.TypeFor[nbio.Conn]()
	local, okLocal := addrField(conn, "lAddr")
	remote, okRemote := addrField(conn, "rAddr")
	return addrFields{local: local, remote: remote, found: okLocal && okRemote}
}

func addrField(conn reflect.Type, name string) (uintptr, bool) {
	f, ok := conn.FieldByName(name)
	// An index longer than one is a field of an embedded struct, whose
	// Offset is not relative to conn.
	if !ok || len(f.Index) != 1 || f.Type != reflect.TypeFor[net.Addr]() {
		return 0, false
	}
	return f.Offset, true
}

// drop empties both fields of nc. It must run before nc is known to a poller.
func (f addrFields) drop(nc *nbio.Conn) {
	if !f.found {
		return
	}
	*(*net.Addr)(unsafe.Add(unsafe.Pointer(nc), f.local)) = nil
	*(*net.Addr)(unsafe.Add(unsafe.Pointer(nc), f.remote)) = nil
}

// peerOf returns ip and port of a TCP address; an IPv4 address comes in its
// IPv6-mapped form, a zone is dropped.
func peerOf(addr net.Addr) (ip [16]byte, port uint16) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return ip, 0
	}
	a, ok := netip.AddrFromSlice(tcp.IP)
	if !ok {
		return ip, uint16(tcp.Port)
	}
	return a.As16(), uint16(tcp.Port)
}
