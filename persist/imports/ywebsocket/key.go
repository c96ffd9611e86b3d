package ywebsocket

import (
	"encoding/binary"
	"fmt"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// The types of the elements of a key.
const (
	text   = 0
	number = 1
)

// The beginnings of keys.
var (
	documents = appendString(nil, "v1")
	vectors   = appendString(nil, "v1_sv")
)

func appendString(key []byte, s string) []byte {
	return append(binary.AppendUvarint(append(key, text), uint64(len(s))), s...)
}

// documentPrefix returns the beginning of the keys of a document.
func documentPrefix(name string) []byte {
	return appendString(documents[:len(documents):len(documents)], name)
}

// cutString returns the string that a part of a key begins with, and the rest.
func cutString(key []byte) (s string, rest []byte, ok bool) {
	if len(key) == 0 || key[0] != text {
		return "", nil, false
	}
	length, n := binary.Uvarint(key[1:])
	if rest = key[1+max(n, 0):]; n <= 0 || length > uint64(len(rest)) {
		return "", nil, false
	}
	return string(rest[:length]), rest[length:], true
}

// cutNumber returns the number that is the rest of a key.
func cutNumber(key []byte) (n uint32, ok bool) {
	if len(key) != 5 || key[0] != number {
		return 0, false
	}
	return binary.BigEndian.Uint32(key[1:]), true
}

// document is a document that is being read.
type document struct {
	name    string
	open    bool
	updates [][]byte
	next    uint32 // the number of the next update, if there are any
	err     error
}

// add adds the value of a key whose part behind the document's name is rest.
func (d *document) add(key, rest, value []byte) {
	switch element, rest, ok := cutString(rest); {
	case ok && element == "meta":
	case ok && element == "update":
		n, ok := cutNumber(rest)
		if !ok {
			d.fail("a key of an unknown form: %q", key)
			return
		}
		if len(d.updates) > 0 && n != d.next {
			d.fail("update %d is followed by %d", d.next-1, n)
		}
		d.updates, d.next = append(d.updates, value), n+1
	default:
		d.fail("a key of an unknown form: %q", key)
	}
}

// fail sets the error of the document, unless it has one.
func (d *document) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %w", imports.ErrDamaged, fmt.Errorf(format, args...))
	}
}
