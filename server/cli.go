package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"grandstand/server/config"
)

// What the process exits with.
const (
	exitOK     = 0 // served and drained, or the command did what it is for
	exitFailed = 1 // serving went wrong
	exitUsage  = 2 // the command line or the configuration cannot be used
)

// grammar is the command line.
type grammar struct {
	File    string   `name:"config" placeholder:"FILE" help:"Configuration file (YAML). Without one: defaults for trying out."`
	Listen  []string `placeholder:"ADDR" help:"Address for viewers, HOST:PORT; repeat for several. Replaces listener.listen."`
	Control *string  `placeholder:"ADDR" help:"Address of the control port, HOST:PORT; empty for none. Replaces control.listen."`

	Serve   struct{} `cmd:"" default:"1" help:"Serve viewers; this is what happens without a command."`
	Check   struct{} `cmd:"" help:"Check the configuration and report everything wrong with it."`
	Config  struct{} `cmd:"" help:"Print the configuration in effect, as YAML."`
	Version struct{} `cmd:"" help:"Print the version."`
}

// command is a parsed command line.
type command struct {
	name  string // serve, check, config or version; "" when help was all
	file  string
	flags config.Flags
}

// parse reads the command line; it prints help when that is asked for.
func (p *process) parse() (command, error) {
	var g grammar
	helped := false
	parser, err := kong.New(&g,
		kong.Name("server"),
		kong.Description("Grandstand holds a live audience and brings every event of a room to everyone in it."+
			" Any key of the configuration can also be set by the environment: GRANDSTAND_ROOMS_ROOM_HISTORY=512."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(int) { helped = true }), // kong leaves only after help
	)
	if err != nil {
		return command{}, fmt.Errorf("command line: %w", err)
	}
	ctx, err := parser.Parse(p.args)
	if helped {
		return command{}, nil
	}
	if err != nil {
		return command{}, fmt.Errorf("command line: %w (see server --help)", err)
	}
	return command{
		name:  ctx.Command(),
		file:  g.File,
		flags: config.Flags{Listen: g.Listen, Control: g.Control},
	}, nil
}

// load puts the configuration together and prints all that is wrong with it.
func (p *process) load(cmd command) (config.Config, bool) {
	cfg, err := config.Load(cmd.file, p.env, cmd.flags)
	if err != nil {
		fmt.Fprintln(p.stderr, err)
	}
	return cfg, err == nil
}

// show prints the configuration in effect, without secrets.
func (p *process) show(cfg config.Config) int {
	text, err := cfg.Redacted().AppendYAML(nil)
	if err != nil {
		fmt.Fprintln(p.stderr, err)
		return exitFailed
	}
	if _, err := p.stdout.Write(text); err != nil {
		return exitFailed
	}
	return exitOK
}
