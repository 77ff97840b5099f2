package config

import (
	"reflect"
	"strings"
)

// leaf is a key that holds a value, not a section.
type leaf struct {
	path  string // rooms.room.history
	index []int  // of the field, from Config
	typ   reflect.Type
}

// leaves lists the keys of Config in the order of its fields. A list of
// sections is one leaf.
func leaves() []leaf { return appendLeaves(nil, "", nil, reflect.TypeFor[Config]()) }

func appendLeaves(dst []leaf, prefix string, index []int, t reflect.Type) []leaf {
	for i := range t.NumField() {
		f := t.Field(i)
		path := prefix + keyOf(f)
		// Clipped, or the fields of one section would share their last index.
		at := append(index[:len(index):len(index)], i)
		if isSection(f.Type) {
			dst = appendLeaves(dst, path+".", at, f.Type)
			continue
		}
		dst = append(dst, leaf{path: path, index: at, typ: f.Type})
	}
	return dst
}

// isSection reports whether a type's values have keys of their own.
func isSection(t reflect.Type) bool { return t.Kind() == reflect.Struct }

// keyOf is a field's key in the file.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// keysOf lists the keys of a section in the order of its fields.
func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = keyOf(t.Field(i))
	}
	return keys
}

// fieldOf returns the field of the section v with that key.
func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	t := v.Type()
	for i := range t.NumField() {
		if keyOf(t.Field(i)) == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// typeAt returns the type of what path names; indices are allowed where lists
// are: rooms.rules[2].history.
func typeAt(path string) (reflect.Type, bool) {
	t := reflect.TypeFor[Config]()
	for _, part := range strings.Split(path, ".") {
		name, _, indexed := strings.Cut(part, "[")
		if t.Kind() != reflect.Struct {
			return nil, false
		}
		f, ok := fieldOf(reflect.New(t).Elem(), name)
		if !ok || indexed && f.Kind() != reflect.Slice {
			return nil, false
		}
		t = f.Type()
		if indexed {
			t = t.Elem()
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	return t, true
}

// unindexed takes the last index off a path: listener.listen[1] becomes
// listener.listen.
func unindexed(path string) (string, bool) {
	if !strings.HasSuffix(path, "]") {
		return path, false
	}
	return path[:strings.LastIndexByte(path, '[')], true
}

// parentOf is the path of the section around a key; "" for a section.
func parentOf(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return ""
}
