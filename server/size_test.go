package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Limits on what a reader has to hold in mind at once.
const (
	maxFileLines = 400 // a file: one noun; beyond this it is two
	maxFuncLines = 60  // a function's body: one screen
	maxGoStmts   = 12  // go statements outside tests and bench
)

// TestFileSize fails for Go files, tests included, over maxFileLines.
func TestFileSize(t *testing.T) {
	for _, rel := range goFiles(t) {
		src, err := os.ReadFile(filepath.Join(layerRoot, rel))
		if err != nil {
			t.Error(err)
			continue
		}
		if n := strings.Count(string(src), "\n"); n > maxFileLines {
			t.Errorf("%s: %d lines, want at most %d: split it by noun or by concern", rel, n, maxFileLines)
		}
	}
}

// TestFuncSize fails for functions, tests included, whose body is over
// maxFuncLines. A function literal counts towards the function around it.
func TestFuncSize(t *testing.T) {
	for rel, f := range parsedFiles(t) {
		for _, decl := range f.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := f.line(fn.Body.End()) - f.line(fn.Body.Pos()) - 1; n > maxFuncLines {
				t.Errorf("%s:%d: %s has %d lines, want at most %d", rel, f.line(fn.Pos()), fn.Name.Name, n, maxFuncLines)
			}
		}
	}
}

// TestExportsDocumented fails for exported names without a doc comment and for
// packages without one, in files that are not tests.
func TestExportsDocumented(t *testing.T) {
	documented := map[string]bool{} // by folder: some file has a package comment
	for rel, f := range parsedFiles(t) {
		if strings.HasSuffix(rel, "_test.go") {
			continue
		}
		dir := path.Dir(rel)
		documented[dir] = documented[dir] || f.ast.Doc != nil
		for _, decl := range f.ast.Decls {
			for _, name := range undocumented(decl) {
				t.Errorf("%s:%d: exported %s has no doc comment", rel, f.line(name.Pos()), name.Name)
			}
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment; write it in doc.go", dir)
		}
	}
}

// TestGoStatements fails when more than maxGoStmts places start a goroutine:
// loops, pool, receivers and main do; nothing does it per connection.
func TestGoStatements(t *testing.T) {
	var places []string
	for rel, f := range parsedFiles(t) {
		if strings.HasSuffix(rel, "_test.go") || within(path.Dir(rel), "bench") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				places = append(places, fmt.Sprintf("%s:%d", rel, f.line(g.Pos())))
			}
			return true
		})
	}
	if len(places) > maxGoStmts {
		t.Errorf("%d go statements, want at most %d: %s", len(places), maxGoStmts, strings.Join(places, " "))
	}
}

// TestUndocumented keeps the checker itself honest.
func TestUndocumented(t *testing.T) {
	const src = `package p

// A is documented.
type A int
type B int

// Both stand in a documented group.
const (
	C = 1
	D = 2
)

var (
	E = 1 // E has a comment at the line's end
	F = 2
	g = 3
)

func H()      {}
func i()      {}
func (A) J()  {}
func (k) L()  {}
type k int
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, decl := range f.Decls {
		for _, name := range undocumented(decl) {
			got = append(got, name.Name)
		}
	}
	if want := "B F H J"; strings.Join(got, " ") != want {
		t.Errorf("undocumented = %q, want %q", got, want)
	}
}

// goSource is one parsed file with the positions to report from it.
type goSource struct {
	set *token.FileSet
	ast *ast.File
}

func (s goSource) line(p token.Pos) int { return s.set.Position(p).Line }

// parsedFiles parses every Go file of the repository, by slash path.
func parsedFiles(t *testing.T) map[string]goSource {
	t.Helper()
	out := map[string]goSource{}
	for _, rel := range goFiles(t) {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, filepath.Join(layerRoot, rel), nil, parser.ParseComments)
		if err != nil {
			t.Error(err)
			continue
		}
		out[rel] = goSource{set: set, ast: f}
	}
	return out
}

// undocumented lists the exported names that decl declares without a comment.
// Methods of unexported types are not part of any package's surface.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		if d.Doc != nil && d.Lparen.IsValid() && d.Tok != token.TYPE {
			return nil // the comment on a group speaks for its members
		}
		var out []*ast.Ident
		for _, spec := range d.Specs {
			out = append(out, undocumentedSpec(spec, d.Doc)...)
		}
		return out
	}
	return nil
}

// undocumentedSpec is undocumented for one line of a declaration; group is the
// comment above the keyword.
func undocumentedSpec(spec ast.Spec, group *ast.CommentGroup) []*ast.Ident {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && group == nil {
			return []*ast.Ident{s.Name}
		}
	case *ast.ValueSpec:
		if s.Doc != nil || s.Comment != nil || group != nil {
			return nil
		}
		var out []*ast.Ident
		for _, name := range s.Names {
			if name.IsExported() {
				out = append(out, name)
			}
		}
		return out
	}
	return nil
}

// exportedReceiver reports whether d is a function or a method of an exported
// type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
