package agent

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestFramesComeBackWhole(t *testing.T) {
	var p []byte
	var err error
	frames := []frame{{ID: 1, Verb: verbClock}, {Verb: newsDone}, {ID: 7, Error: "no"}}
	for _, f := range frames {
		if p, err = appendFrame(p, f, reading{5}); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(bytes.NewReader(p))
	for _, want := range frames {
		want.Body = []byte(`{"now":5}`)
		if got, err := readFrame(r, maxFrame); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := readFrame(r, maxFrame); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last frame: %v, want EOF", err)
	}
	for i := 1; i < len(p)/3; i++ {
		if _, err := readFrame(bufio.NewReader(bytes.NewReader(p[:i])), maxFrame); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d: %v, want an unexpected EOF", i, err)
		}
	}
}

func TestBadFrames(t *testing.T) {
	sized := func(body string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)))) + body
	}
	for _, tt := range []struct{ name, in string }{
		{"too long for a stranger", sized(`{"verb":"` + strings.Repeat("x", maxStranger) + `"}`)},
		{"a length of everything", "\xff\xff\xff\xff{}"},
		{"a length of nothing", sized("")},
		{"HTTP", "GET / HTTP/1.1\r\n\r\n"},
		{"not JSON", sized("hello")},
		{"not an object", sized("[1]")},
		{"a member nobody knows", sized(`{"verb":"clock","magic":1}`)},
		{"two values", sized(`{} {}`)},
		{"a number below 0", sized(`{"id":-1}`)},
	} {
		if f, err := readFrame(bufio.NewReader(strings.NewReader(tt.in)), maxStranger); !errors.Is(err, errFrame) {
			t.Errorf("%s: %+v, %v, want a bad frame", tt.name, f, err)
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	for _, v := range []any{nil, reading{5}, hello{Version: 1, Nonce: make([]byte, nonceBytes)}, closing{IDs: [][]uint64{{1, 2}}, Last: []int64{3}, Open: []byte{1}}} {
		p, err := appendFrame(nil, frame{ID: 3, Verb: verbSettle}, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
	}
	f.Add([]byte("\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, p []byte) {
		got, err := readFrame(bufio.NewReader(bytes.NewReader(p)), maxFrame)
		if err != nil {
			return
		}
		again, err := appendFrame(nil, got, nil)
		if err != nil {
			t.Fatal(err)
		}
		second, err := readFrame(bufio.NewReader(bytes.NewReader(again)), maxFrame)
		// JSON may be written in more ways than one: the second time it is settled.
		third, err2 := appendFrame(nil, second, nil)
		if err != nil || err2 != nil || !bytes.Equal(again, third) {
			t.Errorf("%q became %q and then %q: %v, %v", p, again, third, err, err2)
		}
	})
}
