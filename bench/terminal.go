package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"grandstand/bench/scenario"
)

// screen is the terminal that w is, nil when it is none or one that can't move
// its cursor.
func screen(w io.Writer) *scenario.Screen {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return nil
	}
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return nil
	}
	return &scenario.Screen{
		Size: func() (columns, rows int) {
			ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
			if err != nil || ws.Col == 0 || ws.Row == 0 {
				return 80, 24 // a serial line, say, doesn't know its size
			}
			return int(ws.Col), int(ws.Row)
		},
		ASCII: !utf8Locale(os.Getenv),
		Color: os.Getenv("NO_COLOR") == "",
	}
}

// utf8Locale reports whether the terminal may be sent more than ASCII. The
// first of these variables that is set counts (POSIX XBD 8.2); when none is, as
// in containers, the terminal is most likely of this century.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}
