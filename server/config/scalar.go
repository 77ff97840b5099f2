package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// setNode sets a scalar from a node of YAML. The kinds are strict: a number
// in quotes is no number, and a number without them no text.
func setNode(v reflect.Value, n ast.Node) error {
	switch n := n.(type) {
	case *ast.StringNode:
		if v.Kind() == reflect.String {
			v.SetString(n.Value)
			return nil
		}
		if isDuration(v.Type()) {
			return setDuration(v, n.Value)
		}
	case *ast.LiteralNode:
		if v.Kind() == reflect.String {
			v.SetString(n.Value.Value)
			return nil
		}
	case *ast.BoolNode:
		if v.Kind() == reflect.Bool {
			v.SetBool(n.Value)
			return nil
		}
	case *ast.IntegerNode:
		return setInteger(v, n)
	}
	return errKind
}

// setInteger sets a number; of durations only 0 has no unit.
func setInteger(v reflect.Value, n *ast.IntegerNode) error {
	var i int64
	switch x := n.Value.(type) {
	case int64:
		i = x
	case uint64: // what is not negative
		i = int64(x)
		if i < 0 {
			return errKind
		}
	default:
		return errKind
	}
	number := v.Kind() == reflect.Int || v.Kind() == reflect.Int64
	if !number || v.OverflowInt(i) || isDuration(v.Type()) && i != 0 {
		return errKind
	}
	v.SetInt(i)
	return nil
}

// excerpt is a node as an error message shows it.
func excerpt(path string, n ast.Node) string {
	switch n := n.(type) {
	case *ast.NullNode:
		return "no value"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a section"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode:
		return shown(path, n.Value)
	case *ast.LiteralNode:
		return shown(path, n.Value.Value)
	}
	if base, _ := unindexed(path); secret(base) {
		return redacted
	}
	return n.String()
}

// hint is wants, with the way out where the mistake is a common one.
func hint(t reflect.Type, n ast.Node) string {
	if n.Type() == ast.IntegerType && isDuration(t) {
		return fmt.Sprintf("want a duration with its unit, like %[1]sms or %[1]ss", n)
	}
	switch n.Type() {
	case ast.IntegerType, ast.FloatType, ast.BoolType:
		if t.Kind() == reflect.String {
			return wants(t) + ": put it in quotes"
		}
	}
	return wants(t)
}
