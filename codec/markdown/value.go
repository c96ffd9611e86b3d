package markdown

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// appendAny appends a value of an attribute as lib0 would.
func appendAny(dst []byte, value any) []byte {
	switch value := value.(type) {
	case nil:
		return append(dst, lib0.AnyNull)
	case bool:
		if value {
			return append(dst, lib0.AnyTrue)
		}
		return append(dst, lib0.AnyFalse)
	case float64:
		return appendNumber(dst, value)
	case string:
		return lib0.AppendString(append(dst, lib0.AnyString), value)
	case []any:
		dst = lib0.AppendUvarint(append(dst, lib0.AnyArray), uint64(len(value)))
		for _, v := range value {
			dst = appendAny(dst, v)
		}
		return dst
	case map[string]any:
		dst = lib0.AppendUvarint(append(dst, lib0.AnyObject), uint64(len(value)))
		for _, key := range sortedKeys(value) {
			dst = appendAny(lib0.AppendString(dst, key), value[key])
		}
		return dst
	}
	return append(dst, lib0.AnyUndefined)
}

// appendNumber writes small whole numbers as integers: six bits and a sign, then seven bits a byte.
func appendNumber(dst []byte, f float64) []byte {
	whole := int64(f)
	if float64(whole) != f || math.Abs(f) > math.MaxInt32 || f == 0 && math.Signbit(f) {
		return binary.BigEndian.AppendUint64(append(dst, lib0.AnyFloat64), math.Float64bits(f))
	}
	first, u := byte(0), uint64(whole)
	if whole < 0 {
		first, u = 0x40, uint64(-whole)
	}
	first |= byte(u & 0x3f)
	if u >>= 6; u == 0 {
		return append(dst, lib0.AnyInteger, first)
	}
	return lib0.AppendUvarint(append(dst, lib0.AnyInteger, first|0x80), u)
}

// JSON is the value of a mark in a document: its attributes, of which a link's are always both there.
func (m Mark) JSON() string {
	if m.Name != Link {
		return "{}"
	}
	title := "null"
	if s, ok := m.Attrs["title"].(string); ok {
		title = jsonString(s)
	}
	return `{"href":` + jsonString(m.Attrs.str("href")) + `,"title":` + title + `}`
}

func jsonString(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
