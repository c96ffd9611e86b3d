package jsontext

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// The errors of JSON, beside lib0.ErrUTF8, lib0.ErrDepth and lib0.ErrPrototype.
var (
	// ErrSyntax is for text that JSON.parse refuses.
	ErrSyntax = errors.New("invalid JSON")
	// ErrNumber is for numbers that JSON.parse makes infinite.
	ErrNumber = errors.New("number too large, which JSON writes null")
)

// Check checks that text is one JSON value in UTF-8, nested at most lib0.MaxDepth deep, that a
// client can parse and write again without changing it: without the key __proto__ and without
// numbers that become infinite. It returns ErrSyntax, ErrNumber, lib0.ErrUTF8, lib0.ErrDepth or
// lib0.ErrPrototype, with the offset. It does not allocate.
func Check(text []byte) (int, error) {
	if !utf8.Valid(text) {
		return lib0.InvalidUTF8(text), lib0.ErrUTF8
	}
	s := scanner{b: text}
	s.space()
	s.value(0)
	s.space()
	if s.err == nil && s.i < len(text) {
		s.err = ErrSyntax
	}
	return s.i, s.err
}

// Span is a part of a text: the bytes from Start to before End.
type Span struct{ Start, End int }

// scanner recognises JSON by recursive descent. After an error i stays at its offset.
type scanner struct {
	b   []byte
	i   int
	err error
}

func (s *scanner) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// peek returns the next byte. At the end and after an error it is 0, which is no part of JSON.
func (s *scanner) peek() byte {
	if s.err == nil && s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// eat reads c if it is the next byte, and reports whether it is.
func (s *scanner) eat(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

func (s *scanner) expect(c byte) {
	if !s.eat(c) {
		s.fail(ErrSyntax)
	}
}

func (s *scanner) space() {
	for c := s.peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = s.peek() {
		s.i++
	}
}

func (s *scanner) value(depth int) {
	switch c := s.peek(); {
	case c == '"':
		s.str()
	case c == '{' || c == '[':
		s.members(c, depth+1)
	case c == 't':
		s.word("true")
	case c == 'f':
		s.word("false")
	case c == 'n':
		s.word("null")
	default:
		s.number()
	}
}

func (s *scanner) word(w string) {
	for i := range len(w) {
		s.expect(w[i])
	}
}

// members reads an object or array. The closing bytes are the opening ones plus two.
func (s *scanner) members(open byte, depth int) {
	if depth > lib0.MaxDepth {
		s.fail(lib0.ErrDepth)
		return
	}
	s.i++
	s.space()
	if s.eat(open + 2) {
		return
	}
	for more := true; more && s.err == nil; more = s.eat(',') {
		s.space()
		if open == '{' {
			s.key()
		}
		s.value(depth)
		s.space()
	}
	s.expect(open + 2)
}

// key reads a member up to its value and returns the place of its name, quotes included.
func (s *scanner) key() Span {
	k := Span{Start: s.i}
	s.str()
	k.End = s.i
	if s.err == nil && isPrototype(s.b[k.Start+1:k.End-1]) {
		s.i = k.Start
		s.fail(lib0.ErrPrototype)
	}
	s.space()
	s.expect(':')
	s.space()
	return k
}

// isPrototype reports whether a key, without its quotes but with its escapes, is
// lib0.PrototypeKey.
func isPrototype(key []byte) bool {
	if len(key) < len(lib0.PrototypeKey) {
		return false
	}
	for i := range len(lib0.PrototypeKey) {
		c, n := keyByte(key)
		if c != lib0.PrototypeKey[i] {
			return false
		}
		key = key[n:]
	}
	return len(key) == 0
}

// keyByte returns the first character of a key, 0 if it is not ASCII or the key is empty, and the
// number of bytes in which it is written.
func keyByte(key []byte) (c byte, n int) {
	if len(key) == 0 || key[0] != '\\' {
		return first(key), 1
	}
	if key[1] != 'u' {
		return 0, 2
	}
	var code [2]byte
	if _, err := hex.Decode(code[:], key[2:6]); err != nil || code[0] != 0 {
		return 0, 6
	}
	return code[1], 6
}

func first(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func (s *scanner) str() {
	s.expect('"')
	for s.err == nil {
		s.plain()
		switch c := s.peek(); {
		case c == '"':
			s.i++
			return
		case c == '\\':
			s.i++
			s.escape()
		default:
			s.fail(ErrSyntax)
		}
	}
}

// plain reads the characters of a string up to a quote, an escape or a control character.
func (s *scanner) plain() {
	b, i := s.b, s.i
	for i+8 <= len(b) && isPlain(binary.LittleEndian.Uint64(b[i:])) {
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	s.i = i
}

// isPlain reports whether no byte of w is a quote, a backslash or below 0x20.
func isPlain(w uint64) bool {
	const high = 0x8080808080808080
	const ones = high >> 7
	quote, slash := w^ones*'"', w^ones*'\\'
	return ((w-ones*0x20)&^w|(quote-ones)&^quote|(slash-ones)&^slash)&high == 0
}

func (s *scanner) escape() {
	switch c := s.peek(); c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.i++
	case 'u':
		s.i++
		for range 4 {
			s.hex()
		}
	default:
		s.fail(ErrSyntax)
	}
}

func (s *scanner) hex() {
	switch c := s.peek() | 0x20; {
	case '0' <= s.peek() && s.peek() <= '9', 'a' <= c && c <= 'f':
		s.i++
	default:
		s.fail(ErrSyntax)
	}
}

func (s *scanner) number() {
	start := s.i
	s.eat('-')
	if !s.eat('0') {
		s.digits()
	}
	if s.eat('.') {
		s.digits()
	}
	if s.eat('e') || s.eat('E') {
		if !s.eat('+') {
			s.eat('-')
		}
		s.digits()
		s.checkRange(start)
	} else if s.i-start > maxDigits {
		s.checkRange(start)
	}
}

// maxDigits is a number of digits with which no number without an exponent is infinite.
const maxDigits = 300

// checkRange fails if the number from start on is too large for a float64.
func (s *scanner) checkRange(start int) {
	if s.err != nil {
		return
	}
	if _, err := strconv.ParseFloat(string(s.b[start:s.i]), 64); err != nil {
		s.i = start
		s.fail(ErrNumber)
	}
}

func (s *scanner) digits() {
	start := s.i
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.i++
	}
	if s.i == start {
		s.fail(ErrSyntax)
	}
}
