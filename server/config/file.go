package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile bounds a configuration file in bytes. A thousand rules fit; what is
// larger is another file given by mistake.
const maxFile = 1 << 20

// file lays a file over the configuration.
func (l *loader) file(name string) {
	text, err := readFile(name)
	if err != nil {
		l.errs = append(l.errs, Error{Source: name, Text: reason(err)})
		return
	}
	l.yaml(name, text)
}

// readFile reads all of a file that is not too large.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("more than %d bytes", maxFile)
	}
	return text, nil
}

// reason is err without the file's name, which the message begins with.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// yaml lays the text of a file over the configuration.
func (l *loader) yaml(name string, text []byte) {
	r := &reader{file: name, from: l.from}
	defer func() {
		// The library works on what people type; should it ever break on that,
		// it is an error of the file, not the end of the program.
		if v := recover(); v != nil {
			r.errs = append(r.errs, Error{Source: name, Text: fmt.Sprintf("cannot be read as YAML: %v", v)})
		}
		l.errs = append(l.errs, r.errs...)
	}()
	// Duplicate keys are allowed here and refused by the reader: the parser
	// would stop at the first.
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // the mark some editors put first
	tree, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.errs = append(r.errs, syntaxError(name, err))
		return
	}
	bodies := 0
	for _, doc := range tree.Docs {
		if doc == nil || doc.Body == nil {
			continue
		}
		if doc.Body.Type() == ast.DirectiveType {
			r.bad(doc.Body, "", "directives are not taken, write plain YAML")
			continue
		}
		if bodies++; bodies > 1 {
			r.bad(doc.Body, "", "a second document, want one")
			continue
		}
		r.root(doc.Body, &l.cfg)
	}
}

// syntaxError gives the parser's error its place.
func syntaxError(name string, err error) Error {
	e := Error{Source: name, Text: err.Error()}
	var ye yaml.Error
	if errors.As(err, &ye) {
		e.Text = ye.GetMessage()
		e.Line, e.Column = position(ye.GetToken())
	}
	return e
}

// position of a token, zero if it has none.
func position(t *token.Token) (line, column int) {
	if t == nil || t.Position == nil {
		return 0, 0
	}
	return t.Position.Line, t.Position.Column
}

// placeOf is where a person would look for a node: a block section has its
// token at its first colon, but begins with its first key.
func placeOf(n ast.Node) (line, column int) {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return position(m.Values[0].Key.GetToken())
	}
	return position(n.GetToken())
}
