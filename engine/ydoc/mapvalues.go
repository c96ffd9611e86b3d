package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// appendMapValues appends a struct with several values of a map key as one struct for each value.
// As a single struct it would mean the same until a client deletes a part of it and then the map:
// every Y.Doc that has it would throw. Yjs writes such structs for deleted values whose content it
// keeps.
func (d *Doc) appendMapValues(c *client, raw []byte, s *yjs.Struct) {
	_, pos := readCount(raw, s.Body)
	values := elementReader{raw: raw[:s.End], ref: s.Ref(), pos: pos}
	var one yjs.Struct
	for i := range s.Len {
		d.valueBuf = append(d.valueBuf[:0], raw[s.Start:s.Body]...)
		if i > 0 {
			d.valueBuf = appendContinuation(d.valueBuf[:0], s, s.Clock+i)
		}
		d.valueBuf = values.appendNext(d.valueBuf)
		run := yjs.TrustedStructs(d.valueBuf, 0, yjs.ID{Client: s.Client, Clock: s.Clock + i}, 1)
		run.Read(&one)
		c.append(d.valueBuf, &one, true)
	}
}

// elementReader reads the units of content with elements.
type elementReader struct {
	raw  []byte
	ref  byte
	pos  int
	half bool // a surrogate pair was cut, and its second half is next
}

// appendNext appends the next unit as the content of a struct.
func (v *elementReader) appendNext(dst []byte) []byte {
	start := v.pos
	if v.ref != yjs.RefString {
		r := lib0.TrustedReader(v.raw[start:])
		yjs.SkipElements(&r, v.ref, 1)
		v.pos += r.Offset()
		return append(lib0.AppendUvarint(dst, 1), v.raw[start:v.pos]...)
	}
	if v.half {
		v.half = false
		return lib0.AppendString(dst, replacement)
	}
	if v.pos, _, v.half = skipUTF16(v.raw, start, 1); v.half {
		return lib0.AppendString(dst, replacement)
	}
	return lib0.AppendBytes(dst, v.raw[start:v.pos])
}
