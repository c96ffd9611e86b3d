package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// pushValues appends a struct of several values of a map key as that many
// structs. As one it would mean the same until a part of it is deleted,
// and then the map: then every Y.Doc that has it throws. Yjs writes such structs
// of deleted values whose content it keeps.
func (d *Doc) pushValues(c *client, raw []byte, s *yjs.Struct) {
	_, pos := number(raw, s.Body)
	values := values{raw: raw[:s.End], ref: s.Ref(), pos: pos}
	var one yjs.Struct
	for i := range s.Len {
		d.value = append(d.value[:0], raw[s.Start:s.Body]...)
		if i > 0 {
			d.value = appendContinuation(d.value[:0], s, s.Clock+i)
		}
		d.value = values.appendNext(d.value)
		run := yjs.TrustedStructs(d.value, 0, yjs.ID{Client: s.Client, Clock: s.Clock + i}, 1)
		run.Read(&one)
		c.append(d.value, &one, true)
	}
}

// values goes through the units of a content with elements.
type values struct {
	raw  []byte
	ref  byte
	pos  int
	half bool // a surrogate pair was cut, and its second half is next
}

// appendNext appends the next unit as the whole content of a struct.
func (v *values) appendNext(dst []byte) []byte {
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
