package transport

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/civicpress/civic-realtime/codec"
)

var (
	errNoObject = errors.New("not a JSON object")
	errTwice    = errors.New("a JSON object names a member twice")
)

// membersOf returns the members of a JSON object by their names, which are compared exactly;
// a name that is there twice is an error. Decoding into a struct, encoding/json takes "EXP"
// for "exp", and the last of several: what decides about access is not read so. The values
// borrow text.
func membersOf(text []byte) (map[string]json.RawMessage, error) {
	if _, err := codec.CheckJSON(text); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return nil, errNoObject
	}
	found := make(map[string]json.RawMessage)
	for name, value := range codec.Members(text) {
		if _, twice := found[string(name)]; twice {
			return nil, errTwice
		}
		found[string(name)] = value
	}
	return found, nil
}

// decodeMembers decodes the members of a JSON object that into has a place for, by exact name.
func decodeMembers(text []byte, into map[string]any) error {
	found, err := membersOf(text)
	if err != nil {
		return err
	}
	for name, place := range into {
		if value, ok := found[name]; ok {
			if err := json.Unmarshal(value, place); err != nil {
				return err
			}
		}
	}
	return nil
}
