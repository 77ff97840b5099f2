package config

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// defaulter is an element of a list that has values before its keys are read.
type defaulter interface{ SetDefaults() }

// reader walks a YAML tree and the struct it is for at once. It goes on after
// an error, so that all of them are found, and notes where every key stood.
type reader struct {
	file string
	from origins
	errs Errors
}

// bad notes an error at a node.
func (r *reader) bad(n ast.Node, path, format string, args ...any) {
	line, column := placeOf(n)
	r.errs = append(r.errs, Error{
		Source: r.file, Line: line, Column: column, Key: path, Text: fmt.Sprintf(format, args...),
	})
}

// lost is bad for a value that could not be read: what stands in its place is
// not to be complained about as well.
func (r *reader) lost(n ast.Node, path, format string, args ...any) {
	r.bad(n, path, format, args...)
	r.errs[len(r.errs)-1].lost = true
}

// root reads the whole document.
func (r *reader) root(n ast.Node, cfg *Config) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.NullNode:
		r.section(n, "", reflect.ValueOf(cfg).Elem())
	default:
		if r.plain(n, "") {
			r.bad(n, "", "%s, want keys and values", excerpt("", n))
		}
	}
}

// section reads a mapping into the struct v. An empty section, all its keys
// commented out, changes nothing.
func (r *reader) section(n ast.Node, path string, v reflect.Value) {
	if n.Type() == ast.NullType {
		return
	}
	pairs, ok := pairsOf(n)
	if !ok {
		r.lost(n, path, "%s, %s", excerpt(path, n), wants(v.Type()))
		return
	}
	lines := map[string]int{} // of the keys so far
	for _, pair := range pairs {
		key, ok := r.key(pair, path)
		if !ok {
			continue
		}
		at := key
		if path != "" {
			at = path + "." + key
		}
		field, known := fieldOf(v, key)
		if !known {
			r.bad(pair.Key, at, "unknown key%s", suggestion(path, key, keysOf(v.Type())))
			continue
		}
		line, column := position(pair.Key.GetToken())
		// The first counts, the second is the mistake: it was added later.
		if first, again := lines[key]; again {
			r.bad(pair.Key, at, "given twice, first on line %d", first)
			continue
		}
		lines[key] = line
		r.from.file(at, r.file, line, column)
		r.value(pair.Value, at, field)
	}
}

// pairsOf lists the keys and values of a mapping.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

// key is the text of a pair's key.
func (r *reader) key(pair *ast.MappingValueNode, path string) (string, bool) {
	switch k := pair.Key.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.MergeKeyNode:
		r.bad(k, path, "merge keys are not taken, write the keys out")
	default:
		r.bad(k, path, "key %q, want a plain word", k.String())
	}
	return "", false
}

// plain reports whether a node means what it says where it stands.
func (r *reader) plain(n ast.Node, path string) bool {
	switch n.Type() {
	case ast.AnchorType, ast.AliasType:
		r.lost(n, path, "anchors and aliases are not taken, write the value out")
		return false
	case ast.TagType:
		r.lost(n, path, "tags are not taken, write the plain value")
		return false
	}
	return true
}

// value reads what stands at path into v.
func (r *reader) value(n ast.Node, path string, v reflect.Value) {
	if !r.plain(n, path) {
		return
	}
	// A section's place is its key; elements of a list have none.
	if _, keyed := r.from[path]; !keyed || !isSection(v.Type()) && n.Type() != ast.NullType {
		line, column := placeOf(n)
		r.from.file(path, r.file, line, column)
	}
	switch {
	case v.Kind() == reflect.Pointer: // of a rule: nil is "as elsewhere"
		to := reflect.New(v.Type().Elem())
		r.value(n, path, to.Elem())
		v.Set(to)
	case v.Kind() == reflect.Struct:
		r.section(n, path, v)
	case v.Kind() == reflect.Slice:
		r.list(n, path, v)
	default:
		if err := setNode(v, n); err != nil {
			r.lost(n, path, "%s, %s", excerpt(path, n), hint(v.Type(), n))
		}
	}
}

// list reads a sequence into the slice v. An empty one is nil, so that two
// configurations compare.
func (r *reader) list(n ast.Node, path string, v reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		text := wants(v.Type()) + ": [...]"
		if n.Type() == ast.NullType {
			text = "want a list; [] is an empty one"
		}
		r.lost(n, path, "%s, %s", excerpt(path, n), text)
		return
	}
	out := reflect.Zero(v.Type())
	for i, item := range seq.Values {
		elem := reflect.New(v.Type().Elem()).Elem()
		if d, ok := elem.Addr().Interface().(defaulter); ok {
			d.SetDefaults()
		}
		r.value(item, path+"["+strconv.Itoa(i)+"]", elem)
		out = reflect.Append(out, elem)
	}
	v.Set(out)
}
