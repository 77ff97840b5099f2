package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminalPair opens a pseudo terminal: what a person sees and types at, and
// what a program runs in.
func terminalPair(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	fail(err)
	t.Cleanup(func() { _ = master.Close() })
	fail(unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	fail(err)
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	fail(err)
	fail(unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100}))
	return master, slave
}

// TestLiveViewInATerminal runs bench in a terminal, types Ctrl-C, and reads.
func TestLiveViewInATerminal(t *testing.T) {
	target := bare(t)[:4]
	master, slave := terminalPair(t)
	cmd := ownBench(here, append([]string{"fanout", "-n", "50", "-d", "1h", "--pid", fmt.Sprint(os.Getpid())}, target...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	s := new(said)
	go func() { _, _ = io.Copy(s, master) }() // stops: the terminal is closed
	s.await(t, "server RSS")
	s.await(t, "\x1b[1m") // bold: the terminal may have colors
	if err := unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 9, Col: 30}); err != nil {
		t.Fatal(err)
	}
	before := len(s.String())
	until(t, "a block of the new size", func() bool { return strings.Count(s.String()[before:], "fanout  ws://") > 1 }, s)
	if _, err := master.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	if code := ended(t, cmd, s); code != exitMet {
		t.Errorf("exit %d", code)
	}
	s.await(t, "publish answered in p99")
	last := s.String()[strings.LastIndex(s.String(), "\x1b[J"):]
	if !strings.Contains(last, "seed 1") || strings.Contains(last, "\x1b[?") {
		t.Errorf("what stands behind the view:\n%q", last)
	}
}

func TestWhichScreen(t *testing.T) {
	_, slave := terminalPair(t)
	defer slave.Close()
	t.Setenv("TERM", "xterm")
	s := screen(slave)
	if s == nil {
		t.Fatal("a terminal is none")
	}
	if columns, rows := s.Size(); columns != 100 || rows != 30 {
		t.Errorf("size %d x %d, want 100 x 30", columns, rows)
	}
	if screen(new(strings.Builder)) != nil {
		t.Error("a builder is a terminal")
	}
	t.Setenv("TERM", "dumb")
	if screen(slave) != nil {
		t.Error("a dumb terminal is drawn on")
	}
	for _, tt := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", true}, {"", "", "de_DE.UTF-8", true}, {"C", "", "de_DE.UTF-8", false}, {"", "C.utf8", "C", true}, {"", "", "POSIX", false},
	} {
		vars := map[string]string{"LC_ALL": tt.all, "LC_CTYPE": tt.ctype, "LANG": tt.lang}
		if got := utf8Locale(func(name string) string { return vars[name] }); got != tt.want {
			t.Errorf("%+v: %t, want %t", vars, got, tt.want)
		}
	}
}
