package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"grandstand/bench/plot"
	"grandstand/bench/scenario"
	"grandstand/bench/stats"
)

// output is a file the report goes to. It is opened before the run, which may
// be long, so that a name that can't be written is told at once; what stood in
// it stays until the report is there.
type output struct {
	file    *os.File
	created bool // by us: removed again when there is no report
	write   func(io.Writer, *stats.Report) error
}

// outputs opens the files that the flags name.
func outputs(o *scenario.Common) ([]*output, error) {
	var all []*output
	for _, f := range []struct {
		name  string
		write func(io.Writer, *stats.Report) error
	}{
		{o.JSON, func(w io.Writer, r *stats.Report) error { return r.WriteJSON(w) }},
		{o.CSV, func(w io.Writer, r *stats.Report) error { return r.Series.WriteCSV(w) }},
		{o.HTML, func(w io.Writer, r *stats.Report) error {
			return plot.HTML(w, []plot.Run{{Name: r.Scenario, Report: r}})
		}},
	} {
		if f.name == "" || f.name == "-" {
			continue
		}
		out, err := openOutput(f.name)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("report: %w", err), drop(all))
		}
		out.write = f.write
		all = append(all, out)
	}
	return all, nil
}

func openOutput(name string) (*output, error) {
	const mode = 0o644
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err == nil {
		return &output{file: f, created: true}, nil
	}
	f, err = os.OpenFile(name, os.O_WRONLY, mode)
	return &output{file: f}, err
}

// save writes the report in place of what stood in the file.
func (o *output) save(r *stats.Report) error {
	var b bytes.Buffer
	if err := o.write(&b, r); err != nil {
		return err
	}
	if info, err := o.file.Stat(); err == nil && info.Mode().IsRegular() { // a pipe has nothing to cut
		if err := o.file.Truncate(0); err != nil {
			return err
		}
	}
	_, err := o.file.Write(b.Bytes())
	return errors.Join(err, o.file.Close())
}

// drop gives up files that get no report.
func drop(all []*output) error {
	var errs []error
	for _, o := range all {
		errs = append(errs, o.file.Close())
		if o.created {
			errs = append(errs, os.Remove(o.file.Name()))
		}
	}
	return errors.Join(errs...)
}

// report runs a scenario, says what it found and turns that into an exit code.
func report(ctx context.Context, s runner, env scenario.Env) (int, error) {
	flags := s.Flags()
	files, err := outputs(flags)
	if err != nil {
		return exitFailed, err
	}
	r, err := s.Run(ctx, env)
	if err != nil {
		return exitFailed, errors.Join(err, drop(files))
	}
	if flags.JSON == "-" {
		err = r.WriteJSON(env.Out)
	} else {
		err = r.WriteText(env.Out)
	}
	for _, f := range files {
		err = errors.Join(err, f.save(r))
	}
	if err != nil {
		return exitFailed, fmt.Errorf("report: %w", err)
	}
	if len(r.Missed) > 0 {
		return exitMissed, nil
	}
	return exitMet, nil
}
