package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// File is a scenario kept in a file: the name of a command, and values for its
// flags by their names. What the flags are is not known here, only that the
// file is well formed; see bench run.
type File struct {
	Name     string  // of the file, as it was given
	Scenario Setting // which command
	Settings []Setting
}

// Setting is a value of a file and where it stands. One of Text, List and Map
// is meant, as Kind says.
type Setting struct {
	Key    string // empty in a list
	Kind   Kind
	Text   string
	List   []Setting
	Map    []Setting
	Line   int
	Column int
}

// Kind is what a Setting holds.
type Kind uint8

// The kinds of settings.
const (
	Scalar Kind = iota
	Sequence
	Mapping
)

// maxFile bounds a scenario file in bytes; what is larger is another file given
// by mistake.
const maxFile = 1 << 20

// ReadFile reads a scenario file. Every mistake is reported at once, each on a
// line that begins with its place.
func ReadFile(name string) (*File, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("scenario file: %w", err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("scenario file: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("scenario file: %s: more than %d bytes", name, maxFile)
	}
	return ParseFile(name, text)
}

// ParseFile is ReadFile with the text at hand; name begins the messages.
func ParseFile(name string, text []byte) (*File, error) {
	f := &File{Name: name}
	settings, err := f.parse(bytes.TrimPrefix(text, []byte("\ufeff"))) // the mark some editors put first
	if err != nil {
		return nil, err
	}
	f.Settings = settings
	s, ok := f.Take("scenario")
	if !ok {
		return nil, fmt.Errorf("%s: no scenario, want a line such as scenario: fanout", name)
	}
	if s.Kind != Scalar || s.Text == "" {
		return nil, f.Bad(s, "want the name of a command, such as fanout")
	}
	f.Scenario = s
	return f, nil
}

// Take removes a setting from the file and returns it.
func (f *File) Take(key string) (Setting, bool) {
	for i, s := range f.Settings {
		if s.Key == key {
			f.Settings = append(f.Settings[:i:i], f.Settings[i+1:]...)
			return s, true
		}
	}
	return Setting{}, false
}

// Bad is an error at a setting of the file.
func (f *File) Bad(s Setting, format string, args ...any) error {
	place := f.Name + ":" + strconv.Itoa(s.Line) + ": "
	if s.Key != "" {
		place += s.Key + ": "
	}
	return errors.New(place + fmt.Sprintf(format, args...))
}

// parse reads the document. The library works on what people type; should it
// ever break on that, it is a mistake in the file, not the end of the program.
func (f *File) parse(text []byte) (settings []Setting, err error) {
	defer func() {
		if v := recover(); v != nil {
			settings, err = nil, fmt.Errorf("%s: cannot be read as YAML: %v", f.Name, v)
		}
	}()
	// Keys given twice are let through here and refused below: the parser would
	// not say where the first was.
	tree, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, f.syntax(err)
	}
	var body ast.Node
	for _, doc := range tree.Docs {
		if doc == nil || doc.Body == nil || doc.Body.Type() == ast.NullType {
			continue
		}
		if body != nil {
			return nil, f.Bad(Setting{Line: line(doc.Body.GetToken())}, "a second document, want one")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, fmt.Errorf("%s: nothing in it, want a line such as scenario: fanout", f.Name)
	}
	root, err := f.setting("", body, 0)
	if err == nil && root.Kind != Mapping {
		err = f.Bad(root, "want keys and values, such as scenario: fanout")
	}
	return root.Map, err
}

// syntax gives the parser's error its place and leaves out its drawing.
func (f *File) syntax(err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	return f.Bad(Setting{Line: max(line(at.GetToken()), 1)}, "%s", at.GetMessage())
}

// maxDepth bounds lists and keys within each other; a scenario has three at most.
const maxDepth = 8

// setting reads a node with all that is below it.
func (f *File) setting(key string, n ast.Node, depth int) (Setting, error) {
	s := Setting{Key: key, Line: line(n.GetToken())}
	if t := n.GetToken(); t != nil && t.Position != nil {
		s.Column = t.Position.Column
	}
	if depth > maxDepth {
		return s, f.Bad(s, "too many levels")
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		s.Kind = Mapping
		return s, f.pairs(&s, n.Values, depth)
	case *ast.MappingValueNode:
		s.Kind = Mapping
		return s, f.pairs(&s, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		s.Kind = Sequence
		var errs []error
		for _, item := range n.Values {
			one, err := f.setting("", item, depth+1)
			s.List, errs = append(s.List, one), append(errs, err)
		}
		return s, errors.Join(errs...)
	case *ast.NullNode:
		return s, f.Bad(s, "no value")
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode, *ast.DirectiveNode:
		return s, f.Bad(s, "anchors, aliases and tags are not taken, write the value out")
	case *ast.StringNode:
		s.Text = n.Value
	case *ast.LiteralNode:
		s.Text = n.Value.Value
	default:
		s.Text = n.GetToken().Value // as it is written: 010 and 1e3 are the flag's to read
	}
	return s, nil
}

// pairs reads the keys and values of a mapping.
func (f *File) pairs(s *Setting, values []*ast.MappingValueNode, depth int) error {
	if len(values) > 0 { // the token of a block is its first colon
		s.Line = line(values[0].Key.GetToken())
	}
	lines := make(map[string]int, len(values))
	var errs []error
	for _, pair := range values {
		at := Setting{Line: line(pair.Key.GetToken())}
		k, plain := pair.Key.(*ast.StringNode)
		if !plain {
			errs = append(errs, f.Bad(at, "key %s: want a plain word", pair.Key.String()))
			continue
		}
		if first, again := lines[k.Value]; again {
			at.Key = k.Value
			errs = append(errs, f.Bad(at, "given twice, first on line %d", first))
			continue
		}
		lines[k.Value] = at.Line
		one, err := f.setting(k.Value, pair.Value, depth+1)
		one.Line = at.Line // a person looks for the key
		s.Map, errs = append(s.Map, one), append(errs, err)
	}
	return errors.Join(errs...)
}

// line is where a token stands, 0 if that is not known.
func line(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 0
	}
	return t.Position.Line
}
