package lib0

import "errors"

// The errors of Any values.
var (
	ErrAnyTag    = errors.New("unknown Any tag")
	ErrDepth     = errors.New("value nested too deeply")
	ErrPrototype = errors.New("object with the key __proto__")
)

// MaxDepth is how deep Any and JSON values may nest. Yjs reads both by recursion, so deeper ones
// might overflow the stack of a client.
const MaxDepth = 256

// The tags of Any values, from lib0's writeAny. Floats and BigInts are big-endian.
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

// SkipAny reads past an Any value that is inside of depth objects and arrays.
func (r *Reader) SkipAny(depth int) {
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
		r.skipMembers(tag, depth+1)
	default:
		r.FailAt(r.off-1, ErrAnyTag)
	}
}

// skipMembers reads past the members of an object, or the elements of an array.
func (r *Reader) skipMembers(tag byte, depth int) {
	if depth > MaxDepth {
		r.FailAt(r.off-1, ErrDepth)
	}
	for n := r.Count(1); n > 0 && r.err == nil; n-- {
		if tag == AnyObject {
			r.AnyKey()
		}
		r.SkipAny(depth)
	}
}

// PrototypeKey is the key by which JavaScript reaches an object's prototype. lib0 assigns the keys
// of an Any object one by one, so a Y.Doc that reads this one loses the value, or throws when it
// writes the object again.
const PrototypeKey = "__proto__"

// AnyKey reads the key of a member of an Any object.
func (r *Reader) AnyKey() []byte {
	start := r.off
	key := r.String()
	if string(key) == PrototypeKey && !r.trusted {
		r.FailAt(start, ErrPrototype)
	}
	return key
}
