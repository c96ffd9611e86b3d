package lib0

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
)

// AppendAny appends a value in the form of lib0's writeAny: nil, a bool, a float64, a string, a
// []any or a map[string]any, whose keys are sorted. Any other value is written as undefined.
func AppendAny(dst []byte, value any) []byte {
	switch value := value.(type) {
	case nil:
		return append(dst, AnyNull)
	case bool:
		if value {
			return append(dst, AnyTrue)
		}
		return append(dst, AnyFalse)
	case float64:
		return appendNumber(dst, value)
	case string:
		return AppendString(append(dst, AnyString), value)
	case []any:
		dst = AppendUvarint(append(dst, AnyArray), uint64(len(value)))
		for _, v := range value {
			dst = AppendAny(dst, v)
		}
		return dst
	case map[string]any:
		dst = AppendUvarint(append(dst, AnyObject), uint64(len(value)))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			dst = AppendAny(AppendString(dst, key), value[key])
		}
		return dst
	}
	return append(dst, AnyUndefined)
}

// appendNumber appends a small integer as lib0 does, six bits and a sign, then seven bits a byte,
// and any other number as a float64.
func appendNumber(dst []byte, f float64) []byte {
	whole := int64(f)
	if float64(whole) != f || math.Abs(f) > math.MaxInt32 || f == 0 && math.Signbit(f) {
		return binary.BigEndian.AppendUint64(append(dst, AnyFloat64), math.Float64bits(f))
	}
	first, u := byte(0), uint64(whole)
	if whole < 0 {
		first, u = 0x40, uint64(-whole)
	}
	first |= byte(u & 0x3f)
	if u >>= 6; u == 0 {
		return append(dst, AnyInteger, first)
	}
	return AppendUvarint(append(dst, AnyInteger, first|0x80), u)
}
