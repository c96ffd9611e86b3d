package yjs

import (
	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
)

// The content refs: the low five bits of a struct's info byte.
const (
	RefGC      = 0  // len:varUint; deleted and garbage collected
	RefDeleted = 1  // len:varUint
	RefJSON    = 2  // n:varUint, n JSON strings ("undefined" for undefined)
	RefBinary  = 3  // varUint8Array
	RefString  = 4  // varString; its length counts UTF-16 units
	RefEmbed   = 5  // JSON string
	RefFormat  = 6  // key:varString, JSON string
	RefType    = 7  // type ref:varUint, and a name for elements and hooks
	RefAny     = 8  // n:varUint, n lib0 Any values
	RefDoc     = 9  // guid:varString, options:Any, an object
	RefSkip    = 10 // len:varUint; clocks that the update leaves out
)

// skipContent reads past content with the given ref, at most RefSkip, and returns its length in
// clocks.
func skipContent(r *lib0.Reader, ref byte) uint64 {
	switch ref {
	case RefString:
		return r.SkipString()
	case RefGC, RefDeleted, RefSkip:
		return r.Uvarint()
	case RefJSON, RefAny:
		n := r.Count(1)
		SkipElements(r, ref, n)
		return n
	case RefBinary:
		r.Bytes()
	case RefEmbed:
		skipJSON(r)
	case RefFormat:
		r.String()
		skipJSON(r)
	case RefType:
		skipType(r)
	case RefDoc:
		r.String()
		skipDocOptions(r)
	}
	return 1
}

// SkipElements reads past n elements of content with the given ref, RefJSON or RefAny.
func SkipElements(r *lib0.Reader, ref byte, n uint64) {
	for ; n > 0; n-- {
		if ref == RefAny {
			r.SkipAny(0)
		} else {
			skipJSONOrUndefined(r)
		}
	}
}

// skipJSON reads past a varString that must be JSON.
func skipJSON(r *lib0.Reader) {
	n := r.Uvarint()
	start := r.Offset()
	text := r.Take(n)
	if !r.Trusted() {
		checkJSON(r, start, text)
	}
}

// skipJSONOrUndefined reads past an element of RefJSON content, which may be "undefined".
func skipJSONOrUndefined(r *lib0.Reader) {
	n := r.Uvarint()
	start := r.Offset()
	if text := r.Take(n); !r.Trusted() && string(text) != "undefined" {
		checkJSON(r, start, text)
	}
}

// checkJSON fails unless text, which begins at offset start, is JSON.
func checkJSON(r *lib0.Reader, start int, text []byte) {
	if r.Err() != nil {
		return
	}
	if off, err := jsontext.Check(text); err != nil {
		r.FailAt(start+off, err)
	}
}

// The type refs: which shared type a content with RefType creates.
const (
	TypeArray       = 0
	TypeMap         = 1
	TypeText        = 2
	TypeXMLElement  = 3 // followed by its node name
	TypeXMLFragment = 4
	TypeXMLHook     = 5 // followed by its hook name
	TypeXMLText     = 6
)

// skipType reads past a type ref and the name that may follow it.
func skipType(r *lib0.Reader) {
	start := r.Offset()
	switch ref := r.Uvarint(); {
	case ref == TypeXMLElement || ref == TypeXMLHook:
		r.String()
	case ref > TypeXMLText:
		r.FailAt(start, ErrTypeRef)
	}
}
