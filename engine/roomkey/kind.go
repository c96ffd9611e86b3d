package roomkey

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is a kind of room.
type Kind uint8

// The kinds of rooms.
const (
	// Document is a document that belongs to nothing outside this server. Its name is its
	// id. It is the kind of every name that does not begin with another kind's prefix.
	Document Kind = iota
	// Record is a record of CivicPress.
	Record
)

// MaxID is the length of the longest id in bytes.
const MaxID = 255

// MaxName is the length of the longest name in bytes, which stores must accept (persist.MaxRoom).
const MaxName = len("record:") + MaxID

// kinds is the registry; the index of a kind is its Kind. The names of a kind that is added here
// can be parsed, and its rooms joined by clients if it has segments.
var kinds = [...]struct {
	prefix   string   // of the names of its rooms; empty for Document
	segments []string // of a request's path that stand for it; without any, clients cannot join
	valid    func(id string) bool
}{
	Document: {valid: validText},
	// CivicPress' own service accepts both segments.
	Record: {prefix: "record:", segments: []string{"records", "record"}, valid: validSegment},
}

// OfSegment returns the kind that a segment of a request's path stands for.
func OfSegment(segment string) (kind Kind, ok bool) {
	for kind, k := range kinds {
		if slices.Contains(k.segments, segment) {
			return Kind(kind), true
		}
	}
	return 0, false
}

// kindOf returns the kind of the room of that name.
func kindOf(name string) Kind {
	for kind, k := range kinds {
		if k.prefix != "" && strings.HasPrefix(name, k.prefix) {
			return Kind(kind)
		}
	}
	return Document
}

// validText reports whether id is printable text of at most MaxID bytes.
func validText(id string) bool {
	if id == "" || len(id) > MaxID || !utf8.ValidString(id) {
		return false
	}
	return !strings.ContainsFunc(id, unicode.IsControl)
}

// validSegment reports whether id can be a segment of a path.
func validSegment(id string) bool {
	return validText(id) && id != "." && id != ".." && !strings.Contains(id, "/")
}
