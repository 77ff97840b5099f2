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

// wanted is a file that flags name, and how what was found gets into it.
type wanted[T any] struct {
	name  string
	write func(T, io.Writer) error
}

// output is a file for what is found. It is opened before the run, which may be
// long, so that a name that can't be written is told at once; what stood in it
// stays until the result is there.
type output[T any] struct {
	file    *os.File
	created bool // by us: removed again when there is no result
	write   func(T, io.Writer) error
}

// outputs opens the files that are wanted. Names that are empty or - are passed over.
func outputs[T any](files []wanted[T]) ([]*output[T], error) {
	var all []*output[T]
	for _, f := range files {
		if f.name == "" || f.name == "-" {
			continue
		}
		file, created, err := openOutput(f.name)
		if err != nil {
			return nil, errors.Join(err, drop(all))
		}
		all = append(all, &output[T]{file, created, f.write})
	}
	return all, nil
}

// reportsOf are the files of a run.
func reportsOf(o *scenario.Common) []wanted[*stats.Report] {
	return []wanted[*stats.Report]{
		{o.JSON, (*stats.Report).WriteJSON},
		{o.CSV, func(r *stats.Report, w io.Writer) error { return r.Series.WriteCSV(w) }},
		{o.HTML, func(r *stats.Report, w io.Writer) error {
			return plot.HTML(w, []plot.Run{{Name: r.Scenario, Report: r}})
		}},
	}
}

func openOutput(name string) (file *os.File, created bool, err error) {
	const mode = 0o644
	if file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); err == nil {
		return file, true, nil
	}
	file, err = os.OpenFile(name, os.O_WRONLY, mode)
	return file, false, err
}

// save writes what was found in place of what stood in the file.
func (o *output[T]) save(found T) error {
	var b bytes.Buffer
	if err := o.write(found, &b); err != nil {
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

// drop gives up files that get nothing.
func drop[T any](all []*output[T]) error {
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
	files, err := outputs(reportsOf(flags))
	if err != nil {
		return exitFailed, fmt.Errorf("report: %w", err)
	}
	r, err := s.Run(ctx, env)
	if err != nil {
		return exitFailed, errors.Join(err, drop(files))
	}
	scenario.RedactReport(r)
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
