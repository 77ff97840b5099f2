package agent

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	// headBytes is the length of a frame, big-endian, in front of its body.
	headBytes = 4
	// maxStranger bounds a frame of a peer that hasn't shown that it knows the token.
	maxStranger = 1 << 10
	// maxFrame bounds all others: a ledger of a million events is 20 MB.
	maxFrame = 64 << 20
)

// errFrame says that what came isn't a frame.
var errFrame = errors.New("agent: bad frame")

// frame is one thing said. Answers carry the number of their question and no
// verb; news, which nobody asked for, carry a verb and number 0.
type frame struct {
	ID    uint64          `json:"id,omitempty"`
	Verb  string          `json:"verb,omitempty"`
	Error string          `json:"error,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"`
}

// appendFrame appends a frame with v as its body, none when v is nil.
func appendFrame(dst []byte, f frame, v any) ([]byte, error) {
	if v != nil {
		body, err := json.Marshal(v)
		if err != nil {
			return dst, fmt.Errorf("agent: %s: %w", f.Verb, err)
		}
		f.Body = body
	}
	p, err := json.Marshal(f)
	if err != nil {
		return dst, fmt.Errorf("agent: %s: %w", f.Verb, err)
	}
	if len(p) > maxFrame {
		return dst, fmt.Errorf("agent: %s: %d bytes, a frame may have %d: %w", f.Verb, len(p), maxFrame, errFrame)
	}
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(p))), p...), nil
}

// readFrame reads one frame of at most most bytes.
func readFrame(r *bufio.Reader, most int) (frame, error) {
	var f frame
	var head [headBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return f, err
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n < 2 || n > most {
		return f, fmt.Errorf("%w: %d bytes, want 2 to %d", errFrame, n, most)
	}
	// The buffer grows with what comes: a length alone reserves nothing.
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, int64(n)); err != nil {
		return f, noEOF(err)
	}
	if err := strict(body.Bytes(), &f); err != nil {
		return f, fmt.Errorf("%w: %w", errFrame, err)
	}
	return f, nil
}

// strict decodes JSON that may have no other members than v has: who says more
// than we know of is of another version.
func strict(p []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if errors.Is(noEOF(err), io.ErrUnexpectedEOF) { // which is not the connection's
			return errors.New("a value that isn't whole")
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// noEOF turns the end of a stream inside a frame into what it is.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
