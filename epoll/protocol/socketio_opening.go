package protocol

import (
	"net/url"
	"strconv"
	"unique"
)

// returning is what a client says when it wants to go on where it was.
type returning struct {
	PID    string `json:"pid"`
	Offset string `json:"offset"`
}

// asked is what a client may say of rooms when it connects.
type asked struct {
	Rooms   []string `json:"rooms"`
	Since   string   `json:"since"`
	History int      `json:"history"`
}

// opening is what a query says of rooms, as 2.x clients say it: the same string
// for all who say the same, as it stays for further namespaces. Zero: nothing.
type opening unique.Handle[string]

// openingOf keeps what a query says, if it names a room.
func openingOf(query url.Values) opening {
	if len(query["room"]) == 0 {
		return opening{}
	}
	said := url.Values{"room": query["room"]}
	for _, name := range []string{"since", "history"} {
		if query.Has(name) {
			said.Set(name, query.Get(name))
		}
	}
	return opening(unique.Make(said.Encode()))
}

// asked reads it.
func (o opening) asked() asked {
	if o == (opening{}) {
		return asked{}
	}
	query, err := url.ParseQuery(unique.Handle[string](o).Value())
	if err != nil { // it was encoded by openingOf
		return asked{}
	}
	a := asked{Rooms: query["room"], Since: query.Get("since")}
	if text := query.Get("history"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1 // which is refused
		}
		a.History = n
	}
	return a
}
