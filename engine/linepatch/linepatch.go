// Package linepatch turns one text into another, line by line. A patch is
//
//	(count:varUint<<1  first:varUint | length:varUint<<1|1  text)*
//
// Each part copies lines of the text that is patched, or has text of its own.
package linepatch

import (
	"encoding/binary"
	"errors"
	"strings"
)

// ErrPatch says that a patch does not fit its text.
var ErrPatch = errors.New("line patch does not fit its text")

// Append appends the patch that turns from into to. Its length is in proportion to the
// difference.
func Append(dst []byte, from, to string) []byte {
	a, b := Lines(from), Lines(to)
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	p := linePatch{dst: dst}
	p.copyLines(0, start)
	p.find(a[:len(a)-end], b[start:len(b)-end], start)
	p.copyLines(len(a)-end, end)
	return p.flush()
}

// Lines splits a text into lines, each with its newline.
func Lines(text string) []string { return strings.SplitAfter(text, "\n") }

// linePatch gathers neighbouring lines of one kind.
type linePatch struct {
	dst          []byte
	first, count int    // the lines that are copied next
	text         []byte // or the text that is written next
}

// copyLines copies lines of the text that is patched.
func (p *linePatch) copyLines(first, count int) {
	if count == 0 {
		return
	}
	if len(p.text) > 0 || p.count > 0 && p.first+p.count != first {
		p.flush()
	}
	if p.count == 0 {
		p.first = first
	}
	p.count += count
}

func (p *linePatch) write(line string) {
	if p.count > 0 {
		p.flush()
	}
	p.text = append(p.text, line...)
}

// find encodes b: it copies lines that a has at any place from start on, and writes all others.
func (p *linePatch) find(a, b []string, start int) {
	if len(b) == 0 {
		return
	}
	at := make(map[string]int, len(a)-start)
	for i := len(a) - 1; i >= start; i-- {
		at[a[i]] = i
	}
	for _, line := range b {
		if next := p.first + p.count; p.count > 0 && next < len(a) && a[next] == line {
			p.copyLines(next, 1)
		} else if i, ok := at[line]; ok {
			p.copyLines(i, 1)
		} else {
			p.write(line)
		}
	}
}

func (p *linePatch) flush() []byte {
	if p.count > 0 {
		p.dst = binary.AppendUvarint(p.dst, uint64(p.count)<<1)
		p.dst = binary.AppendUvarint(p.dst, uint64(p.first))
	}
	if len(p.text) > 0 {
		p.dst = binary.AppendUvarint(p.dst, uint64(len(p.text))<<1|1)
		p.dst = append(p.dst, p.text...)
	}
	p.count, p.text = 0, p.text[:0]
	return p.dst
}

// Apply returns the patched text. If that has more than limit bytes the error is ErrPatch.
func Apply(from string, patch []byte, limit int) (string, error) {
	a := Lines(from)
	var to strings.Builder
	for len(patch) > 0 {
		n, size := binary.Uvarint(patch)
		if size <= 0 {
			return "", ErrPatch
		}
		patch = patch[size:]
		if n&1 == 1 {
			if n>>1 > uint64(len(patch)) {
				return "", ErrPatch
			}
			to.Write(patch[:n>>1])
			patch = patch[n>>1:]
		} else {
			first, size := binary.Uvarint(patch)
			if size <= 0 || n>>1 > uint64(len(a)) || first > uint64(len(a))-n>>1 {
				return "", ErrPatch
			}
			patch = patch[size:]
			for _, line := range a[first : first+n>>1] {
				to.WriteString(line)
			}
		}
		if to.Len() > limit {
			return "", ErrPatch
		}
	}
	return to.String(), nil
}
