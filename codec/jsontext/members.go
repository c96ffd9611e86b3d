package jsontext

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Members yields the names and values of a JSON object, as written but for the
// names' quotes and escapes. text must have passed Check. Of anything but an
// object there are none. A name may come twice; to JSON.parse the last one counts.
// It allocates only for a name with escapes.
func Members(text []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		s := jsonScanner{b: text}
		s.space()
		if !s.eat('{') {
			return
		}
		for s.space(); !s.eat('}'); s.eat(',') {
			name := s.span(s.str)
			s.expect(':')
			value := s.span(func() { s.value(0) })
			if s.err != nil || !yield(unquote(name), value) {
				return
			}
		}
	}
}

// span is what read reads, and the space around it that is not part of it is read too.
func (s *jsonScanner) span(read func()) []byte {
	s.space()
	start := s.i
	read()
	text := s.b[start:s.i]
	s.space()
	return text
}

// unquote returns what stands in a JSON string.
func unquote(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text[1 : len(text)-1]
	}
	var plain string
	_ = json.Unmarshal(text, &plain) // it has been checked
	return []byte(plain)
}

// Unquote returns the string that text, a checked JSON value, is, and whether it is one.
func Unquote(text []byte) (string, bool) {
	if len(text) < 2 || text[0] != '"' {
		return "", false
	}
	return string(unquote(text)), true
}
