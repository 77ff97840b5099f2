package load

import (
	"io"
	"net"
	"testing"
)

// asBinary makes the frames of a message binary.
func asBinary(frame []byte) []byte {
	frame = append([]byte(nil), frame...)
	frame[0] = frame[0]&^0x0F | opBinary
	return frame
}

// TestBinaryMessages has a server that sends its JSON as binary, whole and in
// fragments, as many do.
func TestBinaryMessages(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect Dialect
	}{
		{name: "native"},
		{name: "foreign", dialect: Dialect{Driver: DriverWebSocket}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begin := make(chan struct{})
			p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
				if tt.dialect.Driver == DriverGrandstand {
					joined(c, rooms)
				}
				<-begin
				for _, f := range [][]byte{asBinary(numbered(0)), asBinary(fragments(numbered(1))), numbered(2)} {
					_, _ = c.Write(f)
				}
				_, _ = c.Write(serverFrame(opPing, "end"))
				_, _ = io.Copy(io.Discard, c)
			})
			f := p.fleet(Config{Conns: 1, Dialect: tt.dialect})
			close(begin)
			until(t, f, func(c Counters) bool { return c.Pings == 1 || c.Ended == 1 })
			f.Settle(published(3), Everyone)
			if c := f.Counters(); c.Delivered != 3 || c.Lost != 0 || c.Faults != (Faults{}) || c.Ended != 0 {
				t.Errorf("counters %+v, endings %v, want 3 delivered", c, f.Endings())
			}
		})
	}
}

// TestAttachments counts what Socket.IO sends beside its packets.
func TestAttachments(t *testing.T) {
	begin := make(chan struct{})
	p := newPeer(t, func(_ int, c net.Conn, _ []string) {
		_, _ = c.Write(serverFrame(opText, openPacket))
		_, _ = c.Write(serverFrame(opText, connected))
		<-begin
		whole := serverFrame(opBinary, "an attachment of many bytes")
		for _, f := range [][]byte{whole, asBinary(fragments(whole)), serverFrame(opPing, "end")} {
			_, _ = c.Write(f)
		}
		_, _ = io.Copy(io.Discard, c)
	})
	f := p.fleet(Config{Conns: 1, Transport: SocketIO, Namespace: space})
	close(begin)
	c := until(t, f, func(c Counters) bool { return c.Pings == 1 || c.Ended == 1 })
	if c.Other != 2 || c.Faults != (Faults{}) || c.Ended != 0 {
		t.Errorf("counters %+v, endings %v, want 2 of another kind", c, f.Endings())
	}
}
