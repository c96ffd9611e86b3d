package ysweet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// The parts of keys.
const (
	version   = 0
	names     = 0 // the space of the documents' names
	contents  = 1 // the space of what they have
	state     = 0
	update    = 2
	end       = 0
	oidLen    = 4
	numberLen = 4
)

// documentName is the name that y-sweet gives to the document in each file.
const documentName = "doc"

var errNoDocument = errors.New("the file has no document")

// updates returns the state of the document of a file, and the updates after it. If the file is
// damaged it returns those before that.
func updates(file []byte) (all [][]byte, err error) {
	oidKey := append(append([]byte{version, names}, documentName...), end)
	var oid, whole []byte
	r := reader{b: file}
	entries := make([][2][]byte, 0, 4)
	for n := r.number(); n > 0 && r.err == nil; n-- {
		key, value := r.bytes(), r.bytes()
		if r.err == nil {
			entries = append(entries, [2][]byte{key, value})
		}
		if bytes.Equal(key, oidKey) {
			oid = value
		}
	}
	r.end()
	if len(oid) != oidLen {
		return nil, errors.Join(r.err, damaged(errNoDocument))
	}
	prefix := append([]byte{version, contents}, oid...)
	for _, e := range entries {
		kind, ok := bytes.CutPrefix(e[0], prefix)
		switch {
		case !ok || len(kind) == 0:
		case kind[0] == state && len(kind) == 1:
			whole = e[1]
		case kind[0] == update && len(kind) == 1+numberLen+1:
			all = append(all, e[1])
		}
	}
	if whole != nil {
		all = append([][]byte{whole}, all...)
	}
	return all, r.err
}

// reader reads the entries of a file. After an error it returns zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) number() uint64 {
	const length = 8
	if len(r.b) < length {
		r.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[length:]
	return n
}

// bytes reads a length and as many bytes, which it borrows.
func (r *reader) bytes() []byte {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) fail() {
	if r.b = nil; r.err == nil {
		r.err = damaged(errors.New("the file ends within an entry"))
	}
}

// end fails if something follows the entries.
func (r *reader) end() {
	if len(r.b) > 0 && r.err == nil {
		r.err = damaged(fmt.Errorf("%d bytes follow the entries", len(r.b)))
	}
}

func damaged(err error) error { return fmt.Errorf("%w: %w", imports.ErrDamaged, err) }
