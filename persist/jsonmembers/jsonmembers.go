// Package jsonmembers decodes JSON objects by the exact names of their members. Answers that grant
// rights are read with it.
package jsonmembers

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// ErrMembers is the error for a text that is not an object, or names a member twice.
var ErrMembers = errors.New("not a JSON object that names each of its members once")

// Decode decodes a JSON object into the struct that v points to. Unlike encoding/json it
// compares names exactly and fails if one comes twice: rights must not be read from a member that
// merely looks like theirs. A struct within v is decoded the same way if its UnmarshalJSON calls
// Decode.
func Decode(text []byte, v any) error {
	found, err := membersOf(text)
	if err != nil {
		return err
	}
	into := reflect.ValueOf(v).Elem()
	for _, field := range reflect.VisibleFields(into.Type()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		value, ok := found[name]
		if name == "" || !ok {
			continue
		}
		member := into.FieldByIndex(field.Index).Addr().Interface()
		if err := json.Unmarshal(value, member); err != nil {
			return err
		}
	}
	return nil
}

func membersOf(text []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, ErrMembers
	}
	found := make(map[string]json.RawMessage)
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if _, twice := found[name.(string)]; twice {
			return nil, ErrMembers
		}
		found[name.(string)] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, ErrMembers
	}
	return found, nil
}
