package ydoc

import (
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// addCut puts st into this update and the next ones, cut as Yjs would cut it.
func (s *splitter) addCut(sec *splitSection, raw []byte, st *yjs.Struct) {
	_, pos := readCount(raw, st.Body)
	for done := uint64(0); done < st.Len; {
		head := continuationHead
		if done == 0 {
			head = max(head, st.Body-st.Start)
		}
		n, units := fit(raw[pos:st.End], st.Ref(), s.room(sec)-head)
		if n == 0 && s.size > updateHead {
			s.flush()
			continue
		}
		if n == 0 {
			n, units = firstElement(raw[pos:st.End], st.Ref())
		}
		s.cutBuf = append(s.cutBuf[:0], raw[st.Start:st.Body]...)
		if done > 0 {
			s.cutBuf = appendContinuation(s.cutBuf[:0], st, st.Clock+done)
		}
		s.cutBuf = lib0.AppendUvarint(s.cutBuf, contentCount(st.Ref(), n, units))
		s.cutBuf = append(s.cutBuf, raw[pos:pos+n]...)
		s.write(sec, s.cutBuf, yjs.ID{Client: st.Client, Clock: st.Clock + done})
		pos, done = pos+n, done+units
	}
}

// contentCount returns the number with which content of n bytes and so many units starts.
func contentCount(ref byte, n int, units uint64) uint64 {
	if ref == yjs.RefString {
		return uint64(n)
	}
	return units
}

// fit returns how many bytes of elements fit room, and their units.
func fit(elements []byte, ref byte, room int) (n int, units uint64) {
	if len(elements) <= room {
		return len(elements), countUnits(elements, ref)
	}
	if ref == yjs.RefString {
		for n = max(room, 0); n > 0 && !utf8.RuneStart(elements[n]); n-- {
		}
		return n, lib0.UTF16Len(elements[:n])
	}
	r := lib0.TrustedReader(elements)
	for {
		yjs.SkipElements(&r, ref, 1)
		if r.Offset() > room {
			return n, units
		}
		n, units = r.Offset(), units+1
	}
}

func countUnits(elements []byte, ref byte) (units uint64) {
	if ref == yjs.RefString {
		return lib0.UTF16Len(elements)
	}
	for r := lib0.TrustedReader(elements); r.Len() > 0; units++ {
		yjs.SkipElements(&r, ref, 1)
	}
	return units
}

// firstElement returns the length of the first element or character, and its units.
func firstElement(elements []byte, ref byte) (n int, units uint64) {
	if ref == yjs.RefString {
		_, n = utf8.DecodeRune(elements)
		return n, lib0.UTF16Len(elements[:n])
	}
	r := lib0.TrustedReader(elements)
	yjs.SkipElements(&r, ref, 1)
	return r.Offset(), 1
}
