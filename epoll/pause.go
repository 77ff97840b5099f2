package epoll

import (
	"reflect"
	"syscall"
	"unsafe"

	"github.com/lesismal/nbio"
)

// Pause is a reason for which a Conn is not read.
type Pause uint32

// The reasons.
const (
	PauseFull   = Pause(pausedFull)   // whoever takes what comes has enough for now
	PauseBehind = Pause(pausedBehind) // what was read is still to be worked off
)

// paused is all reasons in Conn.state.
const paused = pausedFull | pausedBehind

// pollFields is where nbio keeps the epoll instance of a connection, and whether
// it waits for room to write.
//
// nbio has no way to stop reading a connection: level-triggered, one that is not
// read spins. So what epoll waits for is changed beside it, under its mutex. As
// with addrFields the offsets are taken from the types at start and used only if
// they are what they should be; if not, nothing is ever paused.
type pollFields struct {
	poller, epfd, writing uintptr
	found                 bool
}

// findPoll looks the fields up.
func findPoll() pollFields {
	conn := reflect.TypeFor[nbio.Conn]()
	poller, ok := conn.FieldByName("p")
	if !ok || len(poller.Index) != 1 || poller.Type.Kind() != reflect.Pointer || poller.Type.Elem().Kind() != reflect.Struct {
		return pollFields{}
	}
	epfd, okEpfd := poller.Type.Elem().FieldByName("epfd")
	writing, okWriting := conn.FieldByName("isWAdded")
	return pollFields{
		poller: poller.Offset, epfd: epfd.Offset, writing: writing.Offset,
		found: okEpfd && len(epfd.Index) == 1 && epfd.Type.Kind() == reflect.Int &&
			okWriting && len(writing.Index) == 1 && writing.Type.Kind() == reflect.Bool,
	}
}

// Pause has nothing more read, until Resume with the same reason. A read that is
// under way ends. A peer that ends its half meanwhile is noticed once it is
// read, so that what it has sent before is not lost; one whose connection breaks
// is noticed at once.
//
// Any goroutine may call it, with no lock of the Conn held. It does nothing
// before the first Data, and after the end.
func (c *Conn) Pause(why Pause) {
	if !c.loop.group.poll.found || c.state.Load()&registered == 0 {
		return
	}
	c.nc.Lock()
	defer c.nc.Unlock()
	if gone, _ := c.nc.IsClosed(); gone || c.state.Load()&(ending|closed) != 0 {
		return
	}
	if c.state.Or(uint32(why))&paused == 0 {
		c.loop.counts.pauses.Add(1)
		c.watch()
	}
}

// Resume takes a reason back.
func (c *Conn) Resume(why Pause) {
	c.nc.Lock()
	defer c.nc.Unlock()
	c.resume(uint32(why))
}

// resume is Resume with nbio's mutex held.
func (c *Conn) resume(why uint32) {
	old := c.state.And(^why)
	if gone, _ := c.nc.IsClosed(); !gone && old&paused != 0 && old&^why&paused == 0 {
		c.watch()
	}
}

// watch has epoll wait for what the Conn is to be told. nbio's mutex is held and
// nc is not closed.
func (c *Conn) watch() {
	f := &c.loop.group.poll
	events := uint32(syscall.EPOLLERR | syscall.EPOLLHUP)
	if c.state.Load()&paused == 0 { // as nbio has it
		events |= syscall.EPOLLIN | syscall.EPOLLPRI | syscall.EPOLLRDHUP
	}
	if *(*bool)(unsafe.Add(unsafe.Pointer(c.nc), f.writing)) {
		events |= syscall.EPOLLOUT
	}
	poller := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(c.nc), f.poller))
	epfd := *(*int)(unsafe.Add(poller, f.epfd))
	// An error means that the descriptor is on its way out.
	_ = syscall.EpollCtl(epfd, syscall.EPOLL_CTL_MOD, c.nc.Hash(), &syscall.EpollEvent{Fd: int32(c.nc.Hash()), Events: events})
}

// heldBack reports whether nc is not to be read now. nbio arms reading again
// whenever it has waited for room to write; that is undone here. A peer that has
// ended its half is read all the same: nbio closes right behind this, whatever is
// unread. nbio's mutex is held and nc is not closed.
func heldBack(nc *nbio.Conn) bool {
	c, ok := nc.Session().(*Conn)
	if !ok || c.state.Load()&paused == 0 || hungUp(nc.Hash()) {
		return false
	}
	c.watch()
	return true
}

// pollRDHUP is POLLRDHUP of poll(2).
const pollRDHUP = 0x2000

// hungUp reports whether the peer has ended its half.
func hungUp(fd int) bool {
	p := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd), events: pollRDHUP}
	var now syscall.Timespec
	// ppoll(2), as poll(2) is not everywhere; raw, because it does not wait.
	n, _, errno := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return errno == 0 && n == 1 && p.revents&pollRDHUP != 0
}
