package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

const (
	eventHead = `{"type":"event","room":"`
	idHead    = `","id":"`
	nameHead  = `","event":"`
	dataHead  = `","data":`
)

// event is a delivery as the checker needs it.
type event struct {
	room  int    // index into the rooms of the run
	id    uint64 // the number behind the epoch
	epoch uint16 // which one of the decoder's epochs it is a number of
	seq   uint32 // the publisher's number in this room
	stamp int64  // intended time of publishing
}

var (
	// errNotEvent: a message of another type, to be decoded as JSON.
	errNotEvent = errors.New("load: not an event")
	// errRoom: an event of a room this run doesn't know.
	errRoom = errors.New("load: event of an unknown room")
	// errEvent: it starts as an event and isn't one: a damaged frame.
	errEvent = errors.New("load: damaged event")
)

// decoder reads event frames by position. The server writes the members of an
// event in one fixed order, so what precedes the number of the id is one
// constant per room and epoch, and a comparison replaces parsing.
//
// A decoder belongs to one loop.
type decoder struct {
	prefix []string // per room: everything up to the id's number
	tail   []string // per room: from behind the id to the data, as last seen
	index  map[string]int
	epochs []string // seen so far: ids rise within each, for each viewer
	epoch  uint16   // the one of the last event that was read
	after  []int    // per room: the room of the event that followed its last one
	last   int      // the room of the last event; after[last] is tried first
}

// maxEpochs bounds the epochs that are told apart. A server has one, and another
// after it was started anew.
const maxEpochs = 1024

func newDecoder(rooms []string) *decoder {
	d := &decoder{prefix: make([]string, len(rooms)), tail: make([]string, len(rooms)), after: make([]int, len(rooms)), index: make(map[string]int, len(rooms))}
	for i, r := range rooms {
		d.index[r] = i
	}
	return d
}

// parse reads the payload of one text frame.
func (d *decoder) parse(p []byte) (event, error) {
	e := event{room: d.after[d.last], epoch: d.epoch}
	pre := d.prefix[e.room]
	if pre == "" || len(p) <= len(pre) || string(p[:len(pre)]) != pre {
		var err error
		if e, err = d.learn(p); err != nil {
			return e, err
		}
		pre = d.prefix[e.room]
	}
	d.last = e.room
	i := len(pre)
	for ; i < len(p) && p[i]-'0' <= 9; i++ {
		e.id = e.id*10 + uint64(p[i]-'0')
	}
	tail := d.tail[e.room]
	if len(p)-i <= len(tail) || string(p[i:i+len(tail)]) != tail || tail == "" {
		if !d.learnTail(e.room, p[i:]) {
			return e, errEvent
		}
		tail = d.tail[e.room]
	}
	data := p[i+len(tail):]
	if len(data) == 0 || data[len(data)-1] != '}' {
		return e, errEvent
	}
	var err error
	e.stamp, e.seq, err = parsePayload(data[:len(data)-1])
	return e, err
}

// learn finds the room and the epoch of an event whose prefix was not the
// expected one, and remembers both.
func (d *decoder) learn(p []byte) (event, error) {
	rest, ok := bytes.CutPrefix(p, []byte(eventHead))
	if !ok {
		return event{}, errNotEvent
	}
	q := bytes.IndexByte(rest, '"')
	if q < 0 {
		return event{}, errEvent
	}
	room, ok := d.index[string(rest[:q])]
	if !ok {
		return event{}, errRoom
	}
	at := len(eventHead) + q
	if !bytes.HasPrefix(p[at:], []byte(idHead)) {
		return event{}, errEvent
	}
	at += len(idHead)
	dash := bytes.IndexByte(p[at:], '-')
	quote := bytes.IndexByte(p[at:], '"')
	if dash < 0 || quote < dash {
		return event{}, errEvent
	}
	d.after[d.last] = room
	if known := d.prefix[room]; known != string(p[:at+dash+1]) {
		if d.enter(string(p[at : at+dash])) {
			clear(d.prefix)
		}
		d.prefix[room] = string(p[:at+dash+1])
	}
	return event{room: room, epoch: d.epoch}, nil
}

// enter makes an epoch that of what is read. It says whether there was another.
func (d *decoder) enter(epoch string) bool {
	i := slices.Index(d.epochs, epoch)
	if i < 0 && len(d.epochs) == maxEpochs {
		i = maxEpochs - 1
		d.epochs[i] = epoch
	}
	if i < 0 {
		i = len(d.epochs)
		d.epochs = append(d.epochs, epoch)
	}
	before := d.epoch
	d.epoch = uint16(i)
	return d.epoch != before
}

// learnTail remembers what stands between the number and the data: the closing
// quote and the name of the event.
func (d *decoder) learnTail(room int, p []byte) bool {
	name, ok := bytes.CutPrefix(p, []byte(nameHead))
	if !ok {
		return false
	}
	i := bytes.Index(name, []byte(dataHead))
	if i < 0 {
		return false
	}
	d.tail[room] = string(p[:len(nameHead)+i+len(dataHead)])
	return true
}

// Message is anything the server says that isn't an event: joined, gap,
// history, ack, pong, error, reconnect.
type Message struct {
	Type      string `json:"type"`
	Room      string `json:"room"`
	Cursor    string `json:"cursor"`
	Head      string `json:"head"`
	Recovered bool   `json:"recovered"`
	From      string `json:"from"`
	To        string `json:"to"`
	Code      code   `json:"code"`
	Reason    string `json:"reason"`
	Text      string `json:"message"`
	Ack       int64  `json:"ack"`
	AfterMs   int64  `json:"after_ms"`
	Events    []struct {
		ID   string          `json:"id"`
		Data json.RawMessage `json:"data"`
	} `json:"events"`
}

// code names an error, or is the number of an end.
type code string

// UnmarshalJSON reads a string or a number.
func (c *code) UnmarshalJSON(p []byte) error {
	*c = code(bytes.Trim(p, `"`))
	return nil
}

// Number is the part of a cursor behind its epoch; ok is false when it has none.
func Number(cursor string) (n uint64, ok bool) {
	i := strings.LastIndexByte(cursor, '-')
	n, err := strconv.ParseUint(cursor[i+1:], 10, 64)
	return n, err == nil && i > 0
}
