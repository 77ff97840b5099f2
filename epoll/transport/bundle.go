package transport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bundle is the files of the client that pages load from an EnginePath, by the
// names that they have below it.
type bundle map[string]*webFile

// bundleNames are the names at which pages look for the client, those of the
// reference. Each may have a source map beside it, with .map at the end.
func bundleNames() []string {
	return []string{"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"}
}

// isBundle reports whether that is a name of the client's files.
func isBundle(name string) bool {
	for _, known := range bundleNames() {
		if rest, ok := strings.CutPrefix(name, known); ok && (rest == "" || rest == ".map") {
			return true
		}
	}
	return false
}

// readBundle reads what EnginePath.Bundle names: a folder, of which the files
// with those names are served, or one file. That is what pages get that ask for
// socket.io.js, whatever it is called, unless it is a module, which scripts
// cannot load; and it keeps its own name if that is one of them.
func readBundle(path string) (bundle, error) {
	b := bundle{}
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.IsDir() {
		name := filepath.Base(path)
		if strings.HasSuffix(name, ".map") {
			return nil, fmt.Errorf("%s: no page would ask for it alone", path)
		}
		if isBundle(name) {
			err = b.read(name, path)
		}
		if err == nil && name != "socket.io.esm.min.js" {
			err = b.read("socket.io.js", path)
		}
		return b, err
	}
	for _, known := range bundleNames() {
		for _, name := range []string{known, known + ".map"} {
			if err := b.read(name, filepath.Join(path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
	if b["socket.io.js"] == nil {
		return nil, fmt.Errorf("%s: has no socket.io.js", path)
	}
	return b, nil
}

// read adds a file.
func (b bundle) read(name, path string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	kind := "text/javascript; charset=utf-8"
	if strings.HasSuffix(name, ".map") {
		kind = "application/json"
	}
	b[name] = newWebFile(kind, body)
	return nil
}
