package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const (
	// socketioPath is where stock servers and clients of Socket.IO meet.
	socketioPath = "/socket.io/"

	// sweepEvery is how often viewers look whether their server still pings.
	sweepEvery = time.Second
)

// The types of packets, of Engine.IO 4 and, behind a message, of Socket.IO 5.
const (
	eioOpen    = '0'
	eioClose   = '1'
	eioPing    = '2'
	eioPong    = '3'
	eioMessage = '4'
	eioNoop    = '6'
	eioBinary  = 'b' // an attachment, in base64 where it is text

	sioConnect      = '0'
	sioDisconnect   = '1'
	sioEvent        = '2'
	sioAck          = '3'
	sioConnectError = '4'

	// Of an upgrade: what asks whether the WebSocket works, the answer, and that it
	// is the way from now on.
	probePing   = "2probe"
	probePong   = "3probe"
	upgradeDone = "5"
)

var (
	// errSilent: no ping for longer than the server announced. A stock client
	// gives the connection up, too.
	errSilent = errors.New("no ping within interval and timeout")
	// errTold: the server closed with a close packet.
	errTold = errors.New("closed by a close packet")
	// errOut: the server put the viewer out of its namespace.
	errOut = errors.New("disconnected from the namespace")
)

// sio is what the Socket.IO viewers of a loop share.
type sio struct {
	space    string // namespace as it stands in packets: empty, or "/chat,"
	connect  string // the CONNECT packet, when all are in the same rooms
	old      bool   // Engine.IO 3, and Socket.IO 2 over it: there it is the client that pings
	dec      sioDecoder
	alive    int64     // nanoseconds a server may be silent, as it announced
	pulse    int64     // and between two pings of Engine.IO 3
	swept    int64     // when viewers last looked
	sessions []session // of polling: one for each connection
	get      string    // a poll up to the id of its session
	tail     string    // and what follows that
}

func newSio(cfg *Config, conns int) sio {
	if !cfg.Transport.SocketIO() {
		return sio{}
	}
	s := sio{old: cfg.Dialect.Engine == 3}
	if cfg.Namespace != "" && cfg.Namespace != "/" {
		s.space = cfg.Namespace + ","
	}
	s.dec = newSioDecoder(s.space, len(cfg.Rooms))
	if cfg.Join == nil && cfg.Dialect.Auth == "" {
		s.connect = string(s.appendConnect(nil, cfg.Rooms))
	}
	if cfg.Transport != SocketIO {
		s.sessions = make([]session, conns)
		s.get = string(cfg.Target.appendGet(nil, nil, s.query("polling&sid=")))
		s.tail = string(cfg.Target.appendRest(nil, cfg.Header))
	}
	return s
}

// query is what every request has to say, for a transport.
func (s *sio) query(way string) string {
	if s.old {
		return "EIO=3&b64=1&transport=" + way // attachments as text
	}
	return "EIO=4&transport=" + way
}

// appendConnect appends the CONNECT packet: its auth payload names the rooms.
func (s *sio) appendConnect(dst []byte, rooms []string) []byte {
	dst = append(append(dst, eioMessage, sioConnect), s.space...)
	if s.old { // Socket.IO 2 5: it has no payload
		return dst
	}
	dst = append(dst, `{"rooms":[`...)
	for i, r := range rooms {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendQuote(dst, r)
	}
	return append(dst, `]}`...)
}

// appendHandshake appends the request a viewer begins with. Rooms stand in its
// query as well, for servers that look there.
func (l *Loop) appendHandshake(dst []byte, rooms []string) []byte {
	t := l.cfg.Target
	if l.cfg.Transport == SocketIO {
		return t.appendUpgrade(t.appendGet(dst, rooms, l.sio.query("websocket")), "", l.cfg.Header)
	}
	return t.appendRest(t.appendGet(dst, rooms, l.sio.query("polling")), l.cfg.Header)
}

// seat begins the accounts of a viewer that was dialed. It joins all of its
// rooms by the answer to its CONNECT packet.
func (l *Loop) seat(ci int, rooms []string) {
	l.conns[ci].awaits = 1
	for _, name := range rooms {
		if room, known := l.dec.index[name]; known {
			l.k.enter(ci, room, !l.cfg.Late)
		}
	}
	if l.sio.sessions != nil {
		l.sio.sessions[ci] = session{}
	}
}

// packet handles one packet of Engine.IO, which is one message of a WebSocket.
func (l *Loop) packet(ci int, c *Conn, p []byte) {
	if len(p) < 2 || p[0] != eioMessage || p[1] != sioEvent {
		l.notice(ci, c, p)
		return
	}
	e, err := l.sio.dec.parse(p, l.dec)
	if err == nil {
		l.event(ci, c, &e)
		return
	}
	if identifies(&e, err) {
		l.identify(c, &e)
	}
	switch {
	case errors.Is(err, errForeign):
		l.strange()
	case errors.Is(err, errRoom):
		l.k.n.Foreign++
	default:
		l.k.n.Broken++
	}
}

// event accounts for an event of a packet. A server may keep its ids to itself:
// order is that of the numbers.
func (l *Loop) event(ci int, c *Conn, e *event) {
	last := c.lastID
	if e.id != 0 {
		l.identify(c, e)
	}
	l.deliver(ci, c, last, e)
}

// notice handles a packet that isn't an event.
func (l *Loop) notice(ci int, c *Conn, p []byte) {
	kind := byte(0)
	if len(p) > 0 {
		kind = p[0]
	}
	switch kind {
	case eioOpen:
		if err := l.hello(ci, p[1:]); err != nil {
			l.k.n.Broken++
			l.end(ci, Ending{Err: err})
		}
	case eioPing:
		l.k.n.Pings++
		c.began = l.now
		l.reply(ci, eioPong)
	case eioPong:
		l.pong(ci, c, p)
	case eioMessage:
		l.control5(ci, c, p[1:])
	case eioBinary:
		l.k.n.Other++
	case eioClose:
		l.end(ci, Ending{Err: errTold})
	case eioNoop:
	default:
		l.k.n.Broken++
	}
}

// hello handles the OPEN packet: the viewer connects to its namespace.
func (l *Loop) hello(ci int, p []byte) error {
	var o struct {
		SID          string
		PingInterval int64
		PingTimeout  int64
	}
	if err := json.Unmarshal(p, &o); err != nil || o.SID == "" || o.PingInterval <= 0 || o.PingTimeout <= 0 {
		return fmt.Errorf("load: want the open packet of Engine.IO, got %.80q", p)
	}
	if l.sio.old {
		l.sio.pulse = o.PingInterval * int64(time.Millisecond)
	}
	l.sio.alive = (o.PingInterval + o.PingTimeout) * int64(time.Millisecond)
	if l.sio.sessions != nil {
		l.sio.sessions[ci] = session{sid: o.SID, connects: !l.sio.old}
		if l.cfg.Transport == SocketIOUpgrade {
			l.sio.sessions[ci].upgrade = upgradeDue
		}
		return nil
	}
	if !l.sio.old { // there the server begins
		l.send(ci, opText, l.greeting(ci))
	}
	return nil
}

// greeting is the CONNECT packet of a viewer.
func (l *Loop) greeting(ci int) []byte {
	if l.sio.connect != "" {
		return []byte(l.sio.connect)
	}
	if auth := l.cfg.Dialect.Auth; auth != "" && !l.sio.old {
		return l.fill(append([]byte{eioMessage, sioConnect}, l.sio.space...), auth, ci, "")
	}
	return l.sio.appendConnect(nil, l.rooms(ci))
}

// reply sends a packet of one byte: by polling, with the next request.
func (l *Loop) reply(ci int, kind byte) {
	if l.sio.sessions != nil && !l.framed(&l.conns[ci]) {
		l.sio.sessions[ci].pongs = true
		return
	}
	l.send(ci, opText, []byte{kind})
}

// control5 handles a packet of Socket.IO that isn't an event.
func (l *Loop) control5(ci int, c *Conn, p []byte) {
	space := l.sio.space
	if l.sio.old && space != "" && string(p) == string(sioConnect) {
		// The server connects everyone to the root, and we go on from there.
		l.say(ci, l.greeting(ci))
		return
	}
	if len(p) <= len(space) || string(p[1:1+len(space)]) != space {
		// The comma may be left out where nothing follows it.
		if n := len(space) - 1; n < 0 || string(p[min(1, len(p)):]) != space[:n] {
			l.k.n.Broken++
			return
		}
	}
	switch p[0] {
	case sioConnect:
		if c.awaits == 0 {
			l.k.n.Broken++
			return
		}
		if !l.sio.old && len(p) <= 1+len(space) {
			l.k.n.Broken++
			l.end(ci, Ending{Err: fmt.Errorf("want the CONNECT of Socket.IO 5 with an id, got %.40q: servers of Socket.IO 2 speak Engine.IO 3", p)})
			return
		}
		l.seated(ci, c)
	case sioDisconnect:
		l.end(ci, Ending{Err: errOut})
	case sioConnectError:
		l.end(ci, Ending{Err: fmt.Errorf("namespace refused: %.120s", p[1+len(space):])})
	case sioAck:
		if l.tongue != nil && l.tongue.Ready == readyAck {
			l.entered(c, 1)
		}
	default:
		l.k.n.Broken++
	}
}

// seated handles the answer to a CONNECT packet.
func (l *Loop) seated(ci int, c *Conn) {
	upgrade := l.sio.sessions != nil && l.sio.sessions[ci].upgrade == upgradeDue
	if upgrade {
		l.sio.sessions[ci].upgrade = upgradeReady
	}
	switch {
	case l.tongue != nil:
		l.greet(ci, c)
	case !upgrade:
		l.entered(c, 1)
	}
}

// sweep looks after all viewers now and then: it ends those whose server has not
// pinged for as long as it said, and has others say what they owe it.
func (l *Loop) sweep(now int64) {
	s := &l.sio
	beats := l.tongue != nil && l.tongue.Beat != ""
	if s.alive == 0 && !beats || now-s.swept < int64(sweepEvery) {
		return
	}
	s.swept = now
	for ci := range l.conns {
		c := &l.conns[ci]
		if beats && c.state == stateOpen {
			l.beatDue(ci, c, now)
			continue
		}
		if c.state != stateOpen || c.flags&flagStalled != 0 {
			continue
		}
		if s.old && now-c.began >= s.pulse {
			l.ping3(ci, c)
		}
		if c.state == stateOpen && now-c.began > s.alive {
			l.end(ci, Ending{Err: errSilent})
		}
	}
}
