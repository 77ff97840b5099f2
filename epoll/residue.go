package epoll

import (
	"reflect"
	"unsafe"

	"github.com/lesismal/nbio"
)

// maxResidue is how much small writes are gathered in one residue: each is a
// system call once there is room.
const maxResidue = 64 << 10

// residue is one buffer of what a socket did not take, as nbio keeps it.
type residue struct {
	fd     int //nolint:unused // nbio's, for files; 0 says that there is a buffer
	buf    *[]byte
	offset int64 //nolint:unused // nbio's: how much of buf has been sent
	remain int64 //nolint:unused // nbio's, for files
}

// outFields is where nbio keeps the residues of a connection, and their size.
//
// nbio's Write tries the socket first, and closes the descriptor if the
// connection has ended: on the goroutine of whoever writes, which only the loop
// may, see hangUp. So what the socket did not take is put in its place beside
// nbio, under its mutex, and the loop does the rest. As with pollFields the
// offsets are taken from the types at start and used only if they are what they
// should be; if not, nbio's Write has to do.
type outFields struct {
	list, left uintptr
	found      bool
}

// findOut looks the fields up. poll is needed to wait for room.
func findOut(poll pollFields) outFields {
	conn := reflect.TypeFor[nbio.Conn]()
	list, okList := conn.FieldByName("writeList")
	left, okLeft := conn.FieldByName("left")
	return outFields{
		list: list.Offset, left: left.Offset,
		found: poll.found && okList && len(list.Index) == 1 && isResidues(list.Type) &&
			okLeft && len(left.Index) == 1 && left.Type.Kind() == reflect.Int,
	}
}

// isResidues reports whether t is a slice of pointers to what residue is, field
// by field.
func isResidues(t reflect.Type) bool {
	want := reflect.TypeFor[residue]()
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Pointer {
		return false
	}
	got := t.Elem().Elem()
	if got.Kind() != reflect.Struct || got.NumField() != want.NumField() || got.Size() != want.Size() {
		return false
	}
	for i := range want.NumField() {
		g, w := got.Field(i), want.Field(i)
		if g.Name != w.Name || g.Type != w.Type || g.Offset != w.Offset {
			return false
		}
	}
	return true
}

// store copies p behind what nbio has still to write, and has the loop wait for
// room. nbio's mutex is held and nc is not closed.
func (c *Conn) store(p []byte) {
	out, nc := &c.loop.group.out, unsafe.Pointer(c.nc)
	*(*int)(unsafe.Add(nc, out.left)) += len(p)
	list := (*[]*residue)(unsafe.Add(nc, out.list))
	if n := len(*list); n != 0 && len(*(*list)[n-1].buf)+len(p) <= maxResidue {
		last := (*list)[n-1]
		last.buf = allocator{}.Append(last.buf, p...)
	} else {
		buf := allocator{}.Malloc(len(p))
		copy(*buf, p)
		*list = append(*list, &residue{buf: buf})
	}
	if writing := (*bool)(unsafe.Add(nc, c.loop.group.poll.writing)); !*writing {
		*writing = true
		c.watch()
	}
}
