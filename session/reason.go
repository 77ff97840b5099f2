package session

// Reason is why a session ended: a WebSocket close code, a text that is also
// the metric label, and whether the viewer should come back.
type Reason struct {
	Code  uint16
	Text  string
	Retry bool
}

// Reasons is the closed table of endings.
type Reasons struct {
	Left       Reason // the viewer closed
	Gone       Reason // the connection broke
	Draining   Reason // the server is going away
	Slow       Reason // fell off the log of a room that disconnects
	Backlog    Reason // does not read the replies it asked for
	Silent     Reason // no answer to pings
	Kicked     Reason // by the control API
	Protocol   Reason // broke the WebSocket protocol; the code varies
	Flood      Reason // sends too many messages
	Overloaded Reason // the server has too much to do
	Handshake  Reason // did not complete its request in time
	Renewed    Reason // its response is long or old enough
}

// AllReasons returns the table. Codes below 4000 are RFC 6455's and IANA's.
func AllReasons() Reasons {
	return Reasons{
		Left:       Reason{1000, "left", false},
		Gone:       Reason{1006, "connection lost", true},
		Draining:   Reason{1012, "draining", true},
		Slow:       Reason{4002, "slow consumer", true},
		Backlog:    Reason{4003, "unread replies", true},
		Silent:     Reason{4004, "ping timeout", true},
		Kicked:     Reason{4005, "kicked", false},
		Protocol:   Reason{1002, "protocol error", false},
		Flood:      Reason{1008, "too many messages", false},
		Overloaded: Reason{1013, "overloaded", true},
		Handshake:  Reason{4006, "handshake timeout", true},
		Renewed:    Reason{4007, "renewed", true},
	}
}
