package sqlite

import (
	"encoding/binary"
	"unicode/utf16"
)

// value is a value of a row.
type value struct {
	bytes []byte // of a text or blob
	text  bool
	null  bool
	int   int64 // of an integer; numbers with a fraction are not read, as nothing here needs them
}

// parseRecord returns the values of a row, of its first columns only: their types, each a varint,
// and then the values.
func parseRecord(b []byte, columns int) (values []value, ok bool) {
	length, n := varint(b)
	if n == 0 || length < uint64(n) || length > uint64(len(b)) {
		return nil, false
	}
	types, body := b[n:length], b[length:]
	for len(types) > 0 && len(values) < columns {
		kind, n := varint(types)
		if n == 0 {
			return nil, false
		}
		types = types[n:]
		size := sizeOf(kind)
		if size > uint64(len(body)) {
			return nil, false
		}
		values = append(values, parseValue(kind, body[:size:size]))
		body = body[size:]
	}
	return values, true
}

// sizeOf returns the length of the value of a type: 1 to 6 are integers of up to 8 bytes, 7 a
// float, 8 and 9 the integers 0 and 1; from 12 on even ones are blobs, odd ones are texts.
func sizeOf(kind uint64) uint64 {
	switch kind {
	case 0, 8, 9, 10, 11:
		return 0
	case 1, 2, 3, 4:
		return kind
	case 5:
		return 6
	case 6, 7:
		return 8
	}
	return (kind - 12) / 2
}

func parseValue(kind uint64, b []byte) (v value) {
	switch {
	case kind >= 12:
		v.bytes, v.text = b, kind%2 == 1
	case kind == 8 || kind == 9:
		v.int = int64(kind - 8)
	case kind >= 1 && kind <= 6:
		v.int = int64(int8(b[0]))
		for _, c := range b[1:] {
			v.int = v.int<<8 | int64(c)
		}
	default:
		v.null = kind == 0
	}
	return v
}

// decodeText returns a text in UTF-8.
func decodeText(b []byte, encoding uint32) string {
	var order binary.ByteOrder = binary.LittleEndian
	switch encoding {
	case utf16Big:
		order = binary.BigEndian
	case utf16Little:
	default:
		return string(b)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
