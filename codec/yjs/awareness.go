package yjs

import (
	"bytes"
	"iter"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// AwarenessEntry is the awareness state of one client.
type AwarenessEntry struct {
	Client uint64
	Clock  uint64 // grows with each change of the state
	State  []byte // JSON; null if the state is removed
}

// Removed reports whether the entry removes the client's state.
func (e AwarenessEntry) Removed() bool { return string(bytes.TrimSpace(e.State)) == "null" }

// CheckedAwareness is an awareness update of y-protocols that CheckAwareness has found well formed.
// It borrows the bytes.
//
//	entries:varUint { client:varUint clock:varUint state:varString }*
type CheckedAwareness struct{ raw []byte }

// CheckAwareness checks that b is a well-formed awareness update whose states are JSON. Its error
// is a *lib0.SyntaxError.
func CheckAwareness(b []byte) (CheckedAwareness, error) {
	r := lib0.NewReader(b)
	for n := r.Count(3); n > 0 && r.Err() == nil; n-- {
		readEntry(&r)
	}
	r.End()
	if err := r.Err(); err != nil {
		return CheckedAwareness{}, err
	}
	return CheckedAwareness{raw: b}, nil
}

// readEntry reads an entry. It fails if the state is not JSON.
func readEntry(r *lib0.Reader) AwarenessEntry {
	e := AwarenessEntry{Client: r.Uvarint(), Clock: r.Uvarint()}
	n := r.Uvarint()
	start := r.Offset()
	e.State = r.Take(n)
	if !r.Trusted() {
		checkJSON(r, start, e.State)
	}
	return e
}

// Len returns the number of entries.
func (a CheckedAwareness) Len() int {
	r := lib0.NewReader(a.raw)
	return int(r.Uvarint())
}

// Entries yields the entries in order. A client may have more than one.
func (a CheckedAwareness) Entries() iter.Seq[AwarenessEntry] {
	return func(yield func(AwarenessEntry) bool) {
		r := lib0.TrustedReader(a.raw)
		for n := r.Uvarint(); n > 0; n-- {
			if !yield(readEntry(&r)) {
				return
			}
		}
	}
}

// AppendAwarenessHeader begins an awareness update of n entries.
func AppendAwarenessHeader(dst []byte, n int) []byte { return lib0.AppendUvarint(dst, uint64(n)) }

// AppendAwarenessEntry appends an entry. A nil State is written as null.
func AppendAwarenessEntry(dst []byte, e AwarenessEntry) []byte {
	dst = lib0.AppendUvarint(lib0.AppendUvarint(dst, e.Client), e.Clock)
	if e.State == nil {
		return lib0.AppendString(dst, "null")
	}
	return lib0.AppendBytes(dst, e.State)
}
