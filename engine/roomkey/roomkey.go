// Package roomkey defines the key of a room: its tenant, its kind, and its id within that kind.
// Keys are made and parsed only here. A key's String is the room's name on the wire, in logs and in
// the store.
//
// Files, in layers; each uses only what is listed before it:
//
//	kind.go     the registry of kinds
//	roomkey.go  Key, New, Parse
package roomkey

import (
	"errors"
	"strings"
)

// ErrID says that an id is not one of a room of its kind.
var ErrID = errors.New("not a room's id")

// Key identifies a room. Keys are comparable, and the zero Key is the key of no room. None of the
// methods allocates.
type Key struct {
	tenant string // empty: a server has one tenant so far
	name   string // prefix of the kind and id
	kind   Kind
}

// New returns the key of the room of that kind and id. Its error is ErrID.
func New(kind Kind, id string) (Key, error) {
	name := kinds[kind].prefix + id
	if !kinds[kind].valid(id) || kindOf(name) != kind {
		return Key{}, ErrID
	}
	return Key{name: name, kind: kind}, nil
}

// Parse returns the key whose String is name. Its error is ErrID.
func Parse(name string) (Key, error) {
	kind := kindOf(name)
	if !kinds[kind].valid(name[len(kinds[kind].prefix):]) {
		return Key{}, ErrID
	}
	return Key{name: name, kind: kind}, nil
}

// MustParse is Parse for names that are known to be valid. It panics if one is not.
func MustParse(name string) Key {
	k, err := Parse(name)
	if err != nil {
		panic(err.Error() + ": " + name)
	}
	return k
}

// Tenant returns the tenant to whom the room belongs. It is empty for now.
func (k Key) Tenant() string { return k.tenant }

// Kind returns the room's kind.
func (k Key) Kind() Kind { return k.kind }

// ID returns the room's id within its kind.
func (k Key) ID() string { return strings.TrimPrefix(k.name, kinds[k.kind].prefix) }

// Record returns the id of the record that the room edits, and false for a room of another kind.
func (k Key) Record() (id string, ok bool) { return k.ID(), k.kind == Record && k.name != "" }

// String returns the room's name.
func (k Key) String() string { return k.name }
