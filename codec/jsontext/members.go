package jsontext

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Members yields the names and values of the members of text, which must have passed Check; a value
// that is not an object has none. Names are without quotes and escapes, values as written. A name
// may come twice; JSON.parse takes the last. Members allocates only for a name with escapes.
func Members(text []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		s := scanner{b: text}
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

// span returns the text that read reads. It reads the space around it as well.
func (s *scanner) span(read func()) []byte {
	s.space()
	start := s.i
	read()
	text := s.b[start:s.i]
	s.space()
	return text
}

// unquote returns the characters of a JSON string.
func unquote(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text[1 : len(text)-1]
	}
	var plain string
	_ = json.Unmarshal(text, &plain) // it has been checked
	return []byte(plain)
}

// Unquote returns the string that text is, which must have passed Check. ok is false if text is
// another value.
func Unquote(text []byte) (s string, ok bool) {
	if len(text) < 2 || text[0] != '"' {
		return "", false
	}
	return string(unquote(text)), true
}
