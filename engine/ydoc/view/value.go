package view

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Values of a document are Go values: nil (null), bool, float64, string,
// []byte, []any and map[string]any, and the types below.
type (
	// Undefined is JavaScript's undefined.
	Undefined struct{}
	// BigInt is a JavaScript BigInt; lib0 carries 64 bits of it.
	BigInt int64
	// Doc is a reference to a subdocument, without its content.
	Doc struct {
		GUID    string
		Options map[string]any
	}
)

// Type is a shared type of the document, valid as long as its View.
type Type struct {
	v *View
	i int32
}

// values returns the content of it as values, one for each unit; none for formats and deleted
// items.
func (v *View) values(it *item) (vs []any) {
	content := v.raw[it.from:it.to]
	r := lib0.TrustedReader(content)
	switch it.ref() {
	case yjs.RefString:
		for _, unit := range utf16.Encode([]rune(v.text(it))) {
			vs = append(vs, string(rune(unit)))
		}
	case yjs.RefAny:
		for range it.len {
			vs = append(vs, readAny(&r))
		}
	case yjs.RefJSON:
		for range it.len {
			vs = append(vs, parseJSON(r.String()))
		}
	case yjs.RefBinary:
		vs = append(vs, append([]byte{}, r.Bytes()...))
	case yjs.RefEmbed:
		vs = append(vs, parseJSON(r.String()))
	case yjs.RefType:
		vs = append(vs, Type{v, it.typ})
	case yjs.RefDoc:
		guid := string(r.String())
		options, _ := readAny(&r).(map[string]any)
		vs = append(vs, Doc{guid, options})
	}
	return vs
}

// last returns the last value of an item, and does not decode the others if it can avoid that.
func (v *View) last(it *item) (value any, ok bool) {
	if it.ref() == yjs.RefAny && it.len == 1 {
		r := lib0.TrustedReader(v.raw[it.from:it.to])
		return readAny(&r), true
	}
	vs := v.values(it)
	if len(vs) == 0 {
		return nil, false
	}
	return vs[len(vs)-1], true
}

// text returns the text of a string item.
func (v *View) text(it *item) string {
	if it.halfFirst || it.halfLast {
		return string(v.appendContent(nil, it))
	}
	steps.Take(1 + int(it.to-it.from)/64)
	return string(v.raw[it.from:it.to])
}

// parseJSON reads JSON as JSON.parse does, for which numbers may overflow to infinity.
func parseJSON(text []byte) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return Undefined{} // RefJSON has undefined as such, which is no JSON
	}
	return floats(value)
}

// floats makes the numbers in a parsed value float64, in place.
func floats(value any) any {
	switch value := value.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(string(value), 64)
		return f
	case []any:
		for i := range value {
			value[i] = floats(value[i])
		}
	case map[string]any:
		for k := range value {
			value[k] = floats(value[k])
		}
	}
	return value
}

// readAny reads a lib0 Any value.
func readAny(r *lib0.Reader) any {
	switch r.Byte() {
	case lib0.AnyNull:
		return nil
	case lib0.AnyInteger:
		return r.Varint()
	case lib0.AnyFloat32:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(r.Take(4))))
	case lib0.AnyFloat64:
		return math.Float64frombits(binary.BigEndian.Uint64(r.Take(8)))
	case lib0.AnyBigInt:
		return BigInt(binary.BigEndian.Uint64(r.Take(8)))
	case lib0.AnyFalse:
		return false
	case lib0.AnyTrue:
		return true
	case lib0.AnyString:
		return string(r.String())
	case lib0.AnyObject:
		return readObject(r)
	case lib0.AnyArray:
		list := make([]any, 0, 4)
		for n := r.Uvarint(); n > 0; n-- {
			list = append(list, readAny(r))
		}
		return list
	case lib0.AnyBytes:
		return append([]byte{}, r.Bytes()...)
	}
	return Undefined{}
}

func readObject(r *lib0.Reader) map[string]any {
	object := make(map[string]any)
	for n := r.Uvarint(); n > 0; n-- {
		key := string(r.String())
		object[key] = readAny(r)
	}
	return object
}

// half is U+FFFD, with which Yjs replaces half of a surrogate pair.
const half = "\uFFFD"

func textBytes(run []item) (n uint64) {
	for i := range run {
		n += uint64(run[i].to - run[i].from)
		if run[i].halfFirst {
			n += uint64(len(half))
		}
		if run[i].halfLast {
			n += uint64(len(half))
		}
	}
	return n
}

// appendContent appends the content of it, without the number before it.
func (v *View) appendContent(dst []byte, it *item) []byte {
	steps.Take(1 + int(it.to-it.from)/64)
	if it.halfFirst {
		dst = append(dst, half...)
	}
	dst = append(dst, v.raw[it.from:it.to]...)
	if it.halfLast {
		dst = append(dst, half...)
	}
	return dst
}
