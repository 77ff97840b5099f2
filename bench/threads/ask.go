package threads

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// pollPath is where viewers poll.
	pollPath = "/live/poll"
	// maxWait caps wait=, as the default of the server compared with does.
	maxWait = 55 * time.Second
	// maxName bounds the name of a room; it stands in every event.
	maxName = 128
)

// ask is what a poll asks for.
type ask struct {
	room  string
	epoch string // empty: no since was given
	since uint64
	wait  time.Duration
}

// parseAsk reads a request; the errors quote nothing of it.
func parseAsk(req *http.Request) (a ask, err error) {
	switch {
	case req.Method != http.MethodGet:
		return a, errors.New("only GET is served")
	case req.URL.Path != pollPath:
		return a, errors.New("only " + pollPath + " is served")
	case req.ContentLength != 0: // also -1, chunked
		return a, errors.New("a poll has no body")
	}
	q, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return a, errors.New("the query is not well-formed")
	}
	if rooms := q["room"]; len(rooms) != 1 || rooms[0] == "" || len(rooms[0]) > maxName {
		return a, fmt.Errorf("want one room of 1 to %d bytes", maxName)
	}
	a.room = q.Get("room")
	if q.Has("since") {
		if a.epoch, a.since, err = parseCursor(q.Get("since")); err != nil {
			return a, err
		}
	}
	if q.Has("wait") {
		a.wait, err = parseWait(q.Get("wait"))
	}
	return a, err
}

// parseCursor reads EPOCH-NUMBER.
func parseCursor(s string) (epoch string, n uint64, err error) {
	dash := strings.LastIndexByte(s, '-')
	if dash > 0 {
		if n, err = strconv.ParseUint(s[dash+1:], 10, 63); err == nil {
			return s[:dash], n, nil
		}
	}
	return "", 0, errors.New("since: want a cursor")
}

// parseWait reads seconds, or a duration with its unit.
func parseWait(s string) (time.Duration, error) {
	if n, err := strconv.ParseUint(s, 10, 63); err == nil {
		return time.Duration(min(n, uint64(maxWait/time.Second))) * time.Second, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errors.New("wait: want seconds or a duration")
	}
	return min(d, maxWait), nil
}
