package scenario

import (
	"fmt"
	"strings"
	"time"

	"grandstand/bench/load"
)

// Driver are the flags that say what the target is and speaks. What they mean
// in full is told at load.Dialect and load.Publishing.
type Driver struct {
	Driver string        `help:"What the target speaks: ${enum}." enum:"grandstand,websocket,socketio,sse,longpoll,centrifugo" default:"grandstand" group:"Driver"`
	Engine int           `help:"Version of Engine.IO: 4, or 3 for servers of Socket.IO 2." default:"4" group:"Driver"`
	Header []string      `help:"Further header line of viewers, NAME: VALUE." sep:"none" placeholder:"LINE" group:"Driver"`
	Hello  []string      `help:"What a viewer says once it is connected; with {room} in it, once for each of its rooms. Of Socket.IO an array: [\"join\",\"{room}\"]." sep:"none" placeholder:"TEXT" group:"Driver"`
	Auth   string        `help:"Payload of the CONNECT packet of Socket.IO, with {rooms} as a list, or of Centrifugo's connect command." placeholder:"JSON" group:"Driver"`
	Ready  string        `help:"What a message holds that confirms a room; \"ack\" asks Socket.IO for an acknowledgement of each --hello. Without it a viewer is in its rooms once it has said hello." placeholder:"TEXT" group:"Driver"`
	Ping   string        `help:"Message of the server, in full, that is answered with --pong." placeholder:"TEXT" group:"Driver"`
	Pong   string        `help:"Answer to --ping." placeholder:"TEXT" group:"Driver"`
	Beat   string        `help:"What a viewer says every --pulse." placeholder:"TEXT" group:"Driver"`
	Pulse  time.Duration `help:"Time between two beats." default:"25s" group:"Driver"`
	Shape  string        `help:"What an event looks like: text with {data}, and {room}, {id} and {any} where it differs. Without it any message that holds the data of one." placeholder:"TEXT" group:"Driver"`
	Events string        `help:"Where the list of events lies in the answer to a long-poll, such as result.events." default:"events" placeholder:"PATH" group:"Driver"`
	Cursor string        `help:"Where the next cursor lies in it, or header:NAME. It goes where the URL has {cursor}." default:"cursor" placeholder:"PATH" group:"Driver"`

	PublishBody   string   `help:"Body of the requests that --publish is the URL of, with {room}, {event} and {data}, or with {items}. Without it as the driver has it." placeholder:"TEXT" group:"Driver"`
	PublishItem   string   `help:"An event where the body has {items}: all that are due go in one request." placeholder:"TEXT" group:"Driver"`
	PublishHeader []string `help:"Header line of these requests, NAME: VALUE." sep:"none" placeholder:"LINE" group:"Driver"`
	PublishMethod string   `help:"Their method." default:"POST" group:"Driver"`
	PublishOK     string   `name:"publish-ok" help:"What a good answer holds, where status 200 isn't enough." placeholder:"TEXT" group:"Driver"`
	PublishSay    string   `help:"The message with which --publish client publishes." placeholder:"TEXT" group:"Driver"`
}

// engineDefault is the version of Engine.IO that today's servers speak.
const engineDefault = 4

// way is the driver, and what it makes of a transport that is asked for.
func (o *Common) way(asked load.Transport) (load.Driver, load.Transport, error) {
	driver, err := load.ParseDriver(o.Driver.Driver)
	if err != nil {
		return 0, 0, err
	}
	way, err := driver.Transport(asked)
	return driver, way, err
}

// foreign says that viewers don't speak Grandstand's own protocol.
func (o *Common) foreign() bool {
	driver, err := load.ParseDriver(o.Driver.Driver)
	return err == nil && driver != load.DriverGrandstand
}

// speak tells a fleet what it connects to and how it talks there, by a transport.
func (o *Common) speak(cfg *load.Config, asked load.Transport, target load.Target) error {
	driver, way, err := o.way(asked)
	if err != nil {
		return err
	}
	if err := namespace(o.Namespace); err != nil {
		return err
	}
	cfg.Transport, cfg.Namespace, cfg.Target = way, o.Namespace, target
	cfg.Protocol = o.Protocol
	if driver == load.DriverGrandstand || driver == load.DriverSocketIO {
		cfg.Target = target.By(way)
	} else if o.Protocol == nativeProtocol {
		cfg.Protocol = "" // the default is of the native protocol alone
	}
	if o.Origin != "" {
		cfg.Header = "Origin: " + o.Origin + "\r\n"
	}
	for _, line := range o.Header {
		if i := strings.IndexByte(line, ':'); i < 1 || strings.ContainsAny(line, "\r\n") {
			return fmt.Errorf("header %q: want NAME: VALUE", line)
		}
		cfg.Header += line + "\r\n"
	}
	d := &o.Driver
	cfg.Dialect = load.Dialect{
		Driver: driver, Engine: d.Engine, Hello: d.Hello, Auth: d.Auth, Ready: d.Ready, Ping: d.Ping, Pong: d.Pong,
		Beat: d.Beat, Pulse: d.Pulse, Event: d.Shape, Events: d.Events, Cursor: d.Cursor, Any: o.Publish == load.PublishNone,
	}
	if cfg.Dialect.Engine == 0 {
		cfg.Dialect.Engine = engineDefault
	}
	return cfg.Dialect.Validate()
}

// nativeProtocol is the subprotocol of the native protocol.
const nativeProtocol = "grandstand.v1"

// publishing is how events of a run get to the target.
func (o *Common) publishing() load.Publishing {
	d := &o.Driver
	how := load.Publishing{
		To: o.Publish, APIKey: o.APIKey, Header: d.PublishHeader, Body: d.PublishBody, Item: d.PublishItem, OK: d.PublishOK, Say: d.PublishSay,
	}
	if d.PublishMethod != "POST" {
		how.Method = d.PublishMethod
	}
	return how
}
