package load

import (
	"fmt"
	"time"
)

// Driver is the language that a target speaks.
type Driver uint8

// The languages there are.
const (
	DriverGrandstand Driver = iota // the native protocol, by every transport
	DriverWebSocket                // messages of any shape, see Dialect
	DriverSocketIO                 // servers of Socket.IO 4 and 2
	DriverSSE                      // text/event-stream of any server
	DriverLongPoll                 // answers in JSON with events and a cursor
	DriverCentrifugo               // its JSON protocol

	drivers = iota
)

// ParseDriver reads the name of a driver; an empty one is Grandstand's.
func ParseDriver(name string) (Driver, error) {
	for d := range Driver(drivers) {
		if name == d.String() || name == "" {
			return d, nil
		}
	}
	return 0, fmt.Errorf("driver %q: want grandstand, websocket, socketio, sse, longpoll or centrifugo", name)
}

// String is the name of the driver.
func (d Driver) String() string {
	return [drivers]string{"grandstand", "websocket", "socketio", "sse", "longpoll", "centrifugo"}[d%drivers]
}

// Transport is how viewers of the driver get their events when asked for a way:
// WebSocket, the default of everything, gives way to the one that it has.
func (d Driver) Transport(asked Transport) (Transport, error) {
	only := WebSocket
	switch d {
	case DriverGrandstand:
		return asked, nil
	case DriverSocketIO:
		if asked == WebSocket {
			return SocketIO, nil
		}
		if !asked.SocketIO() {
			return 0, fmt.Errorf("transport %s: driver socketio has socketio, socketio-polling and socketio-upgrade", asked)
		}
		return asked, nil
	case DriverSSE:
		only = SSE
	case DriverLongPoll:
		only = LongPoll
	}
	if asked != WebSocket && asked != only {
		return 0, fmt.Errorf("transport %s: driver %s has %s alone", asked, d, only)
	}
	return only, nil
}

// Dialect is what viewers say and look for at a target that isn't Grandstand's.
// In what they say, {room} stands for a room and {viewer} for the viewer's number.
// The zero value is Grandstand's own.
type Dialect struct {
	Driver Driver
	Engine int // version of Engine.IO, 3 or 4; 0 is 4

	// Hello is what a viewer says once it is connected: a message with {room}
	// once for each of its rooms. Of Socket.IO it is the array of an EVENT
	// packet: ["join","{room}"].
	Hello []string
	// Auth is the payload of Socket.IO's CONNECT packet, in which {rooms} is
	// the list of rooms, and the payload of Centrifugo's connect command.
	Auth string
	// Ready is what a message holds that confirms a room; empty: a viewer is
	// in its rooms once it has said Hello. Of Socket.IO, "ack" asks for an
	// acknowledgement of each Hello.
	Ready string

	Ping  string // a message in full that the server wants an answer to
	Pong  string // the answer
	Beat  string // what a viewer says every Pulse, unasked
	Pulse time.Duration

	// Event is what a message looks like that is an event, with {data}, and
	// {room}, {id} and {any} where it differs; empty: any message that holds
	// the data of one.
	Event string

	Events string // of a long-poll: where the list of events lies in an answer, such as "result.events"
	Cursor string // where the next cursor lies; "header:NAME" for a field of the head

	// Any counts events of others, too, as deliveries: nobody of ours publishes.
	Any bool
}

// Validate says what is wrong.
func (d *Dialect) Validate() error {
	if d.Engine != 0 && d.Engine != 3 && d.Engine != 4 {
		return fmt.Errorf("engine %d: want 3 or 4", d.Engine)
	}
	if d.Beat != "" && d.Pulse <= 0 {
		return fmt.Errorf("beat %q every %s: want some time between", d.Beat, d.Pulse)
	}
	if (d.Ping == "") != (d.Pong == "") {
		return fmt.Errorf("ping %q is answered with pong %q: want both or neither", d.Ping, d.Pong)
	}
	return nil
}
