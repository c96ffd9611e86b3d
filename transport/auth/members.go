package auth

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/civicpress/civic-realtime/codec/jsontext"
)

var (
	errNoObject = errors.New("not a JSON object")
	errTwice    = errors.New("a JSON object has a member twice")
)

// membersOf returns the members of a JSON object by their exact names. It fails if a name comes
// twice. (When it decodes into a struct, encoding/json accepts "EXP" for "exp", and the last of
// several members with a name. That is too lax for data that decides about access.) The values
// share the memory of text.
func membersOf(text []byte) (map[string]json.RawMessage, error) {
	if _, err := jsontext.Check(text); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return nil, errNoObject
	}
	found := make(map[string]json.RawMessage)
	for name, value := range jsontext.Members(text) {
		if _, twice := found[string(name)]; twice {
			return nil, errTwice
		}
		found[string(name)] = value
	}
	return found, nil
}

// decodeMembers decodes the members of a JSON object into the variables that into has for their
// exact names. Other members are ignored.
func decodeMembers(text []byte, into map[string]any) error {
	found, err := membersOf(text)
	if err != nil {
		return err
	}
	for name, variable := range into {
		if value, ok := found[name]; ok {
			if err := json.Unmarshal(value, variable); err != nil {
				return err
			}
		}
	}
	return nil
}
