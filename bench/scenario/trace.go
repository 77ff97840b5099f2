package scenario

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// beat is one event of a broadcast: when, in which room, what.
type beat struct {
	at      time.Duration
	room    int // of an invented or chat trace: 0 is the match, 1 the chat
	event   string
	members []byte // of the data object
}

const (
	matchRoom = 0
	chatRoom  = 1
)

// The columns of the kinds of traces. More may follow.
const (
	chatColumns  = "ms,author,bytes"
	matchColumns = "ms,team,type,subtype,from,to"
	eventColumns = "ms,room,event,data"
)

// trace reads CSV files of what happened (RFC 4180).
type trace struct {
	talk  *talk
	rooms []string // that eventColumns name, in order of their first event
}

// read reads a file. Its first line names its columns, which have to be of one
// of the kinds wanted.
func (t *trace) read(file string, kinds ...string) ([]beat, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return t.parse(in, file, kinds...)
}

func (t *trace) parse(in io.Reader, file string, kinds ...string) ([]beat, error) {
	rows := csv.NewReader(in)
	rows.FieldsPerRecord, rows.ReuseRecord = -1, true
	head, err := rows.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, place(file, err)
	}
	columns := strings.TrimPrefix(strings.Join(head, ","), "\ufeff") // the mark some editors put first
	kind := slices.IndexFunc(kinds, func(k string) bool { return strings.HasPrefix(columns, k) })
	if kind < 0 {
		return nil, fmt.Errorf("%s:1: columns %q, want %s", file, columns, strings.Join(kinds, " or "))
	}
	row, want := t.reader(kinds[kind]), strings.Count(kinds[kind], ",")+1
	var beats []beat
	for {
		f, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, place(file, err)
		}
		line, _ := rows.FieldPos(0)
		if len(f) < want {
			return nil, fmt.Errorf("%s:%d: %d columns, want %d", file, line, len(f), want)
		}
		b, err := row(f)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		beats = append(beats, b)
	}
	if len(beats) == 0 {
		return nil, fmt.Errorf("%s: %w", file, errEmpty)
	}
	return beats, nil
}

var errEmpty = errors.New("no rows")

// place puts the file and the line before what the CSV reader says.
func place(file string, err error) error {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return fmt.Errorf("%s:%d: %w", file, at.Line, at.Err)
	}
	return fmt.Errorf("%s: %w", file, err)
}

// reader is what makes a beat of a row.
func (t *trace) reader(kind string) func(f []string) (beat, error) {
	switch kind {
	case chatColumns:
		return t.talk.row
	case matchColumns:
		return matchRow
	}
	return t.eventRow
}

// millis reads the time of a row.
func millis(s string) (time.Duration, error) {
	const most = int64(1e12) // thirty years
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms < 0 || ms > most {
		return 0, fmt.Errorf("time %q, want milliseconds", s)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// row makes a chat message of a row of chatColumns.
func (t *talk) row(f []string) (beat, error) {
	at, err := millis(f[0])
	if err != nil {
		return beat{}, err
	}
	size, err := strconv.Atoi(f[2])
	if err != nil || size < 0 || size > maxData {
		return beat{}, fmt.Errorf("bytes %q, want 0 to %d", f[2], maxData)
	}
	return t.chat(at, f[1], size), nil
}

// maxData bounds what is published of a row.
const maxData = 64 << 10

// matchRow makes an event of the game of a row of matchColumns.
func matchRow(f []string) (beat, error) {
	at, err := millis(f[0])
	if err != nil {
		return beat{}, err
	}
	return match(at, f[1], f[2], f[3], f[4], f[5]), nil
}

// maxRooms bounds the rooms of a trace, each of which every viewer is in.
const maxRooms = 64

// eventRow makes an event of any kind of a row of eventColumns. Data that is a
// JSON object is published as it is, with our mark in it; other data, JSON or
// not, as a member called data of an object.
func (t *trace) eventRow(f []string) (beat, error) {
	at, err := millis(f[0])
	if err != nil {
		return beat{}, err
	}
	name, event, data := f[1], f[2], strings.TrimSpace(f[3])
	if name == "" || event == "" || len(data) > maxData {
		return beat{}, fmt.Errorf("room %q, event %q, %d bytes of data: want two names, and data of at most %d bytes", name, event, len(data), maxData)
	}
	room := slices.Index(t.rooms, name)
	if room < 0 {
		if len(t.rooms) == maxRooms {
			return beat{}, fmt.Errorf("room %q is the %dth, want at most %d in a trace", name, maxRooms+1, maxRooms)
		}
		room = len(t.rooms)
		t.rooms = append(t.rooms, name)
	}
	members, err := membersOf(data)
	return beat{at: at, room: room, event: event, members: members}, err
}

// membersOf makes members of an object of the data of a row.
func membersOf(data string) ([]byte, error) {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(data), &object) == nil && object != nil {
		if _, taken := object["s"]; taken {
			return nil, errors.New(`data has a member "s", which is where bench puts its mark`)
		}
		inside := strings.TrimSpace(data[1 : len(data)-1])
		return []byte(inside), nil
	}
	value := []byte(data)
	if !json.Valid(value) {
		value, _ = json.Marshal(data) // of a string: can't fail
	}
	return append([]byte(`"data":`), value...), nil
}

// arrange sorts beats by time and cuts them to [from, from+length).
func arrange(beats []beat, from, length time.Duration) []beat {
	slices.SortStableFunc(beats, func(a, b beat) int { return int(a.at - b.at) })
	out := beats[:0]
	for _, b := range beats {
		if b.at >= from && (length <= 0 || b.at < from+length) {
			b.at -= from
			out = append(out, b)
		}
	}
	return out
}
