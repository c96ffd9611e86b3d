package yjs

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
)

// skipDocOptions reads past a subdocument's options, which must be an object: Yjs reads its fields
// at once, so null would make it throw.
func skipDocOptions(r *lib0.Reader) {
	start := r.Offset()
	if tag := r.Byte(); tag != lib0.AnyObject {
		r.FailAt(start, ErrDocOptions)
	}
	for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
		start := r.Offset()
		if name := r.AnyKey(); !r.Trusted() && !isDocOption(name, r.Rest()) {
			r.FailAt(start, ErrDocOption)
		}
		r.SkipAny(1)
	}
}

// isDocOption reports whether a client may write an option with this name and the value that rest
// begins with. Clients write gc, autoLoad and meta, the former two as booleans. Yjs passes all
// options to the constructor of the subdocument. Others that it knows make Y.Docs throw (a guid
// that is no string when they encode, a gcFilter when they delete) or differ from each other.
func isDocOption(name, rest []byte) bool {
	switch string(name) {
	case "gc", "autoLoad":
		return len(rest) == 0 || rest[0] == lib0.AnyTrue || rest[0] == lib0.AnyFalse
	case "guid", "collectionid", "gcFilter", "shouldLoad", "isSuggestionDoc":
		return false
	}
	return true
}
