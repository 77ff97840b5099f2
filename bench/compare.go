package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"grandstand/bench/scenario"
)

// flagsOf is the command line as files of bench compare are held against it.
type flagsOf struct{ root *kong.Node }

// Flags names the flags of a scenario.
func (k flagsOf) Flags(command string) []string {
	f := &scenario.File{Scenario: scenario.Setting{Text: command}}
	node, err := commandOf(f, k.root)
	if err != nil {
		return nil
	}
	var names []string
	for _, group := range node.AllFlags(false) {
		for _, flag := range group {
			switch flag.Name {
			case "help", "json", "quiet": // the comparison has them for itself
			default:
				names = append(names, flag.Name)
			}
		}
	}
	return names
}

// Check tries a value on its flag.
func (k flagsOf) Check(f *scenario.File, command string, s scenario.Setting) error {
	one := &scenario.File{Name: f.Name, Scenario: scenario.Setting{Text: command}, Settings: []scenario.Setting{s}}
	_, err := bind(one, k.root)
	return err
}

// eitherCommand is bench compare: of targets, when it is given a scenario file,
// or else of saved results.
type eitherCommand struct {
	CompareCommand `embed:""`
	Targets        scenario.Compare `embed:""`
}

func (c *eitherCommand) run(ctx context.Context, env scenario.Env, root *kong.Node) (int, error) {
	switch filepath.Ext(c.Files[0]) {
	case ".yaml", ".yml":
	default:
		return c.CompareCommand.Run(env)
	}
	if len(c.Files) > 1 {
		return exitFailed, fmt.Errorf("compare: %d files behind %s, want it alone", len(c.Files)-1, c.Files[0])
	}
	c.Targets.File = c.Files[0]
	return compare(ctx, &c.Targets, c.JSON, env, root)
}

// compare runs a comparison, prints its table, saves it and turns it into an exit
// code.
func compare(ctx context.Context, c *scenario.Compare, saved string, env scenario.Env, root *kong.Node) (int, error) {
	program := c.Program
	if program == "" {
		own, err := os.Executable()
		if err != nil {
			return exitFailed, fmt.Errorf("own program: %w", err)
		}
		program = own
	}
	files, err := outputs([]wanted[*scenario.Comparison]{
		{saved, (*scenario.Comparison).Save}, {c.Markdown, (*scenario.Comparison).WriteMarkdown},
		{c.HTML, (*scenario.Comparison).WriteHTML}, {c.SVG, (*scenario.Comparison).WriteSVG},
	})
	if err != nil {
		return exitFailed, fmt.Errorf("comparison: %w", err)
	}
	got, err := c.Run(ctx, env, flagsOf{root}, scenario.Process(program))
	if err != nil {
		return exitFailed, errors.Join(err, drop(files))
	}
	if saved == "-" {
		err = got.Save(env.Out)
	} else {
		err = got.WriteText(env.Out)
	}
	if got.Interrupted { // what is saved is whole
		fmt.Fprintln(env.Err, "bench: interrupted: this is what was found so far, and no file was written")
		return exitTwice, errors.Join(err, drop(files))
	}
	for _, f := range files {
		err = errors.Join(err, f.save(got))
	}
	if err != nil {
		return exitFailed, fmt.Errorf("comparison: %w", err)
	}
	return verdict(got), nil
}

// verdict is the exit code of a comparison.
func verdict(c *scenario.Comparison) int {
	code := exitMet
	for _, cell := range c.Cells {
		switch {
		case len(cell.Failed) > 0:
			return exitFailed
		case len(cell.Missed) > 0:
			code = exitMissed
		}
	}
	return code
}
