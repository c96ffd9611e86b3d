package settings

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Typed returns the value as JSON has it: a number, true or false, a list, an object, or a text;
// nil if there is none, or if it is hidden. Of addresses neither a user nor the values of
// parameters are in it.
func (v *Value) Typed() any {
	emptied := v.field.Kind() == reflect.Pointer && !v.field.IsNil() // as that of a listener
	if v.Hidden || v.Text == "" && !emptied {
		return nil
	}
	return typed(v.field.Type(), v.Text)
}

// TypedDefault is Typed of the default; nil if that is no fixed one.
func (v *Value) TypedDefault() any {
	if v.Note != "" || v.Default == "" {
		return nil
	}
	return typed(v.field.Type(), v.Default)
}

// Help returns the meaning of the key as plain text.
func (v *Value) Help() string { return plainText(v.Meaning) }

// DefaultNote returns what the default is, if it is no fixed one, as plain text.
func (v *Value) DefaultNote() string { return plainText(v.Note) }

// typed returns the value of a type that a text, as yamlfile.Set reads it, stands for.
func typed(of reflect.Type, text string) any {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	isText := of.Implements(reflect.TypeFor[fmt.Stringer]()) // such as a time
	switch kind := of.Kind(); {
	case kind == reflect.Map && strings.Contains(text, "="):
		m := mapOf(text)
		for key := range m {
			m[key] = redacted(m[key])
		}
		return m
	case isText:
	case kind == reflect.Bool:
		return text == "true"
	case kind == reflect.Slice:
		parts := strings.Split(text, ",")
		for i := range parts {
			parts[i] = redacted(parts[i])
		}
		return parts
	case kind != reflect.String:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return redacted(text)
}

// Parts of an address in a text that may have a secret: user and password, parameters, fragment.
var (
	addressUser  = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@`)
	addressQuery = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^?#]*[?#]).+`)
)

// redacted hides in an address what may be a secret.
func redacted(text string) string {
	text = addressUser.ReplaceAllString(text, "${1}"+hidden+"@")
	return addressQuery.ReplaceAllString(text, "${1}"+hidden)
}
