package yamlfile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Field returns the field of a struct with the key path. Pointers to sections are followed, and set
// if they are nil. It panics if there is no such key.
func Field(of any, path Path) reflect.Value {
	v := reflect.ValueOf(of).Elem()
	for _, name := range path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		i, ok := fieldsOf(v.Type())[name]
		if !ok {
			panic(fmt.Sprintf("no key %s", path))
		}
		v = v.FieldByIndex(i)
	}
	return v
}

// Set sets a key of a struct to the value that text stands for, outside of a file. Values of a list
// are separated by commas, as are those of a map, which have the form key=value. Without text the
// key gets its zero value, or, if its field is a pointer to a string, an empty string. Set returns
// "", or the form of a valid value if text is invalid; then it changes nothing.
func Set(of any, path Path, text string) (wants string) {
	field := Field(of, path)
	target := field.Type()
	if target.Kind() == reflect.Pointer {
		target = target.Elem()
	}
	v := reflect.New(target)
	if text == "" && (field.Kind() != reflect.Pointer || target.Kind() != reflect.String) {
		field.SetZero()
		return ""
	}
	switch into := v.Interface().(type) {
	case scalar:
		wants = into.Parse(text)
	case *[]string:
		*into = listed(text)
	case *map[string]string:
		wants = mapped(text, into)
	default:
		v.Elem().SetString(text)
	}
	switch {
	case wants != "":
	case field.Kind() == reflect.Pointer:
		field.Set(v)
	default:
		field.Set(v.Elem())
	}
	return wants
}

func listed(text string) (list []string) {
	for part := range strings.SplitSeq(text, ",") {
		list = append(list, strings.TrimSpace(part))
	}
	return list
}

func mapped(text string, into *map[string]string) (wants string) {
	m := make(map[string]string)
	for _, part := range listed(text) {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return "a list of key=value, separated by commas"
		}
		m[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	*into = m
	return ""
}

// Text returns the value of a field in the form that Set reads, "" for a value that is not set.
func Text(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	} else if v.IsZero() && v.Type() != reflect.TypeFor[Toggle]() {
		return ""
	}
	switch value := v.Interface().(type) {
	case fmt.Stringer:
		return value.String()
	case Toggle:
		return strconv.FormatBool(bool(value))
	case []string:
		return strings.Join(value, ",")
	case map[string]string:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			parts = append(parts, key+"="+value[key])
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v.Interface())
}

// String returns the time in the form that Parse reads, without units that are zero at its end.
func (d Duration) String() string { return shortened(time.Duration(d)) }

// String does the same.
func (d Delay) String() string { return shortened(time.Duration(d)) }

func shortened(d time.Duration) string {
	text := d.String()
	if rest, ok := strings.CutSuffix(text, "m0s"); ok {
		text = rest + "m"
	}
	if rest, ok := strings.CutSuffix(text, "h0m"); ok {
		text = rest + "h"
	}
	return text
}

// TakesEmpty reports whether an empty text is a value of a key, other than that of an absent key.
func TakesEmpty(of any, path Path) bool {
	t := Field(of, path).Type()
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.String
}
