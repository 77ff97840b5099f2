package scenario

import (
	"io"

	"grandstand/bench/stats"
)

// Common are the flags of every run. The tags are read by the command line.
type Common struct {
	URL        string  `help:"Address viewers connect to; /live/ws is replaced by the neighbor that speaks the transport, or by /socket.io/. Several, separated by commas, share the viewers." default:"ws://127.0.0.1:8080/live/ws" group:"Target"`
	Publish    string  `help:"Address of the control port to publish at, or the URL of --publish-body; none, or client: by a connection of the driver." default:"http://127.0.0.1:9090" group:"Target"`
	APIKey     string  `name:"api-key" help:"API key for publishing." env:"GRANDSTAND_API_KEY" group:"Target"`
	Transport  string  `help:"How viewers get their events: ${enum}." enum:"websocket,sse,stream,longpoll,poll,jsonp,iframe,multipart,socketio,socketio-polling,socketio-upgrade" default:"websocket" group:"Target"`
	Protocol   string  `help:"WebSocket subprotocol to ask for." default:"grandstand.v1" group:"Target"`
	Namespace  string  `help:"Namespace of Socket.IO." default:"/" group:"Target"`
	Origin     string  `help:"Origin header of the viewers; none when empty." group:"Target"`
	Room       string  `help:"Room; with several, the stem of their names." default:"bench" group:"Target"`
	Viewers    int     `short:"n" help:"Number of viewers." default:"1000" group:"Load" least:"1"`
	Ramp       float64 `help:"Connections opened a second; 0 is as fast as they are accepted." default:"5000" group:"Load" least:"0"`
	Seed       uint64  `help:"Seed of everything random." default:"1" group:"Load"`
	PID        int     `help:"Process id of the server, to read its CPU and memory." group:"Server" least:"0"`
	Metrics    string  `help:"Address of the server's Prometheus metrics, for its goroutines, and for CPU and memory where there is no --pid." placeholder:"URL" group:"Server"`
	Spawn      string  `help:"Command line that starts the server; it is ended when the run is over. With several addresses, one for each: {n} is its number, from 0 on." placeholder:"COMMAND" group:"Server"`
	ServerCPUs string  `name:"server-cpus" help:"CPUs the spawned server runs on, such as 0 or 0,2-3." placeholder:"LIST" group:"Server"`
	ServerLog  string  `help:"File for what the spawned server prints; discarded when empty." placeholder:"FILE" group:"Server"`
	ClientCPUs string  `name:"client-cpus" help:"CPUs the harness runs on." placeholder:"LIST" group:"Harness"`
	Loops      int     `help:"Threads that hold viewers." default:"1" group:"Harness" least:"1"`
	Sources    int     `help:"Source addresses 127.0.0.2.. used against a loopback target; 0 leaves it to the kernel." default:"16" group:"Harness" least:"0"`
	JSON       string  `name:"json" help:"Write the report as JSON to FILE as well (- for standard output)." placeholder:"FILE" group:"Output"`
	CSV        string  `name:"csv" help:"Write what was read each second to FILE." placeholder:"FILE" group:"Output"`
	HTML       string  `name:"html" help:"Write a page with plots to FILE; it opens without a network." placeholder:"FILE" group:"Output"`
	Quiet      bool    `short:"q" help:"No progress on standard error." group:"Output"`

	Spread       `embed:""`
	Driver       `embed:""`
	stats.Limits `group:"Limits"`
}

// Flags are the flags that every scenario has.
func (o *Common) Flags() *Common { return o }

// Env is what a run is given by the process around it.
type Env struct {
	Out     io.Writer // the report
	Err     io.Writer // progress
	Screen  *Screen   // nil when Err is no terminal
	Command []string  // as started, for the report
}
