package codec

import "errors"

// What can be wrong with an Any value.
var (
	ErrAnyTag     = errors.New("unknown Any tag")
	ErrDepth      = errors.New("value nested too deeply")
	ErrDocOptions = errors.New("subdocument options are no object")
	ErrDocOption  = errors.New("subdocument option that no client writes")
	ErrPrototype  = errors.New("object with the key __proto__")
)

// MaxDepth is how deep Any and JSON values may nest. Yjs reads both by
// recursion, on whatever stack a client has left.
const MaxDepth = 256

// Tags of lib0's Any, from its writeAny. Floats and BigInts are big-endian.
const (
	AnyUndefined = 127
	AnyNull      = 126
	AnyInteger   = 125
	AnyFloat32   = 124
	AnyFloat64   = 123
	AnyBigInt    = 122
	AnyFalse     = 121
	AnyTrue      = 120
	AnyString    = 119
	AnyObject    = 118
	AnyArray     = 117
	AnyBytes     = 116
)

// any reads past a lib0 Any value.
func (r *Reader) any(depth int) {
	switch tag := r.Byte(); tag {
	case AnyUndefined, AnyNull, AnyFalse, AnyTrue:
	case AnyInteger:
		r.Varint()
	case AnyFloat32:
		r.Take(4)
	case AnyFloat64, AnyBigInt:
		r.Take(8)
	case AnyString:
		r.String()
	case AnyBytes:
		r.Bytes()
	case AnyObject, AnyArray:
		r.anyMembers(tag, depth+1)
	default:
		r.failAt(r.off-1, ErrAnyTag)
	}
}

func (r *Reader) anyMembers(tag byte, depth int) {
	if depth > MaxDepth {
		r.failAt(r.off-1, ErrDepth)
	}
	for n := r.count(1); n > 0 && r.err == nil; n-- {
		if tag == AnyObject {
			r.anyKey()
		}
		r.any(depth)
	}
}

// prototype is the key of an object that JavaScript takes for the object's prototype. lib0 assigns the keys of an
// Any object one by one, so a Y.Doc that reads this one can throw as soon as it writes the object again, or loses it.
const prototype = "__proto__"

// anyKey reads the key of an object's member.
func (r *Reader) anyKey() []byte {
	start := r.off
	key := r.String()
	if string(key) == prototype && !r.trusted {
		r.failAt(start, ErrPrototype)
	}
	return key
}

// docOptions reads a subdocument's options, whose fields Yjs reads at once: null would throw.
func (r *Reader) docOptions() {
	start := r.off
	if tag := r.Byte(); tag != AnyObject {
		r.failAt(start, ErrDocOptions)
	}
	for n := r.count(1); n > 0 && r.err == nil; n-- {
		start := r.off
		if name := r.anyKey(); !r.docOption(name) && !r.trusted {
			r.failAt(start, ErrDocOption)
		}
		r.any(1)
	}
}

// docOption says whether a client may write an option with this name and the value that comes next.
// Clients write gc, autoLoad and meta, the former two as booleans. Yjs passes all options to the constructor
// of the subdocument, and what it takes beside them makes Y.Docs throw (a guid that is no string when they
// encode, a gcFilter when they delete) or differ from each other.
func (r *Reader) docOption(name []byte) bool {
	switch string(name) {
	case "gc", "autoLoad":
		return r.off == len(r.buf) || r.buf[r.off] == AnyTrue || r.buf[r.off] == AnyFalse
	case "guid", "collectionid", "gcFilter", "shouldLoad", "isSuggestionDoc":
		return false
	}
	return true
}
