package jsontext

import (
	"errors"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// ErrNotObject is returned by ScanObject for a JSON value that is no object.
var ErrNotObject = errors.New("JSON that is not an object")

// ScanObject checks text as Check does and calls member for each member of the object, with the
// places of its name, quotes included, and its value. It returns the offset where the object
// begins. With an error, one of Check's or ErrNotObject, it returns the offset of that, and member
// may have been called. It does not allocate.
func ScanObject(text []byte, member func(name, value Span)) (int, error) {
	if !utf8.Valid(text) {
		return lib0.InvalidUTF8(text), lib0.ErrUTF8
	}
	s := scanner{b: text}
	s.space()
	start, isObject := s.i, s.peek() == '{'
	if isObject {
		s.object(member)
	} else {
		s.value(0)
	}
	s.space()
	switch {
	case s.err != nil:
		return s.i, s.err
	case s.i < len(text):
		return s.i, ErrSyntax
	case !isObject:
		return start, ErrNotObject
	}
	return start, nil
}

// object reads an object at the top of a text and calls member for each member.
func (s *scanner) object(member func(name, value Span)) {
	s.expect('{')
	s.space()
	if s.eat('}') {
		return
	}
	for more := true; more && s.err == nil; more = s.eat(',') {
		s.space()
		name, value := s.key(), Span{Start: s.i}
		s.value(1)
		value.End = s.i
		if s.err == nil {
			member(name, value)
		}
		s.space()
	}
	s.expect('}')
}

// IsObject reports whether text, which must have passed Check, is an object.
func IsObject(text []byte) bool {
	s := scanner{b: text}
	s.space()
	return s.peek() == '{'
}
