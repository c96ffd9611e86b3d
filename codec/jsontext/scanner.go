package jsontext

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// What can be wrong with JSON.
var (
	ErrSyntax = errors.New("invalid JSON")                             // JSON.parse refuses it
	ErrNumber = errors.New("number too large, which JSON writes null") // JSON.parse makes it infinite
)

// Check checks that text is one JSON value in UTF-8, nested at most
// MaxDepth deep, that is the same when a client has parsed it and written it again: without the
// key __proto__ and infinite numbers. It returns ErrSyntax, lib0.ErrUTF8, lib0.ErrDepth, lib0.ErrPrototype or
// ErrNumber and the offset. It does not allocate.
func Check(text []byte) (int, error) {
	if !utf8.Valid(text) {
		return lib0.InvalidUTF8(text), lib0.ErrUTF8
	}
	s := jsonScanner{b: text}
	s.space()
	s.value(0)
	s.space()
	if s.err == nil && s.i < len(text) {
		s.err = ErrSyntax
	}
	return s.i, s.err
}

// Span is a part of a text, its bytes from Start to before End.
type Span struct{ Start, End int }

// jsonScanner is a recursive-descent recogniser. After an error i stays where it was found.
type jsonScanner struct {
	b   []byte
	i   int
	err error
}

func (s *jsonScanner) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// peek is the next byte, or 0, which is no part of JSON's grammar.
func (s *jsonScanner) peek() byte {
	if s.err == nil && s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// eat takes c if it is next.
func (s *jsonScanner) eat(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

func (s *jsonScanner) expect(c byte) {
	if !s.eat(c) {
		s.fail(ErrSyntax)
	}
}

func (s *jsonScanner) space() {
	for c := s.peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = s.peek() {
		s.i++
	}
}

func (s *jsonScanner) value(depth int) {
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

func (s *jsonScanner) word(w string) {
	for i := range len(w) {
		s.expect(w[i])
	}
}

// members reads an object or array; '}' and ']' are their opening bytes plus two.
func (s *jsonScanner) members(open byte, depth int) {
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

// key reads a member up to its value, and returns where its name is, quotes included.
func (s *jsonScanner) key() Span {
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

// isPrototype says whether the key between its quotes, which may be written with escapes, is PrototypeKey.
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

// keyByte returns the first character of a key and how many bytes it is written in. It is 0 if it is not ASCII, or at the end.
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

func (s *jsonScanner) str() {
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

// plain passes by what stands for itself in a string.
func (s *jsonScanner) plain() {
	b, i := s.b, s.i
	for i+8 <= len(b) && isPlain(binary.LittleEndian.Uint64(b[i:])) {
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	s.i = i
}

// isPlain says whether no byte of w is a quote, a backslash or below 0x20.
func isPlain(w uint64) bool {
	const high = 0x8080808080808080
	const ones = high >> 7
	quote, slash := w^ones*'"', w^ones*'\\'
	return ((w-ones*0x20)&^w|(quote-ones)&^quote|(slash-ones)&^slash)&high == 0
}

func (s *jsonScanner) escape() {
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

func (s *jsonScanner) hex() {
	switch c := s.peek() | 0x20; {
	case '0' <= s.peek() && s.peek() <= '9', 'a' <= c && c <= 'f':
		s.i++
	default:
		s.fail(ErrSyntax)
	}
}

func (s *jsonScanner) number() {
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

// maxDigits is how many digits a number may have at least without being too large.
const maxDigits = 300

// checkRange fails if the number that starts at start is too large.
func (s *jsonScanner) checkRange(start int) {
	if s.err != nil {
		return
	}
	if _, err := strconv.ParseFloat(string(s.b[start:s.i]), 64); err != nil {
		s.i = start
		s.fail(ErrNumber)
	}
}

func (s *jsonScanner) digits() {
	start := s.i
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.i++
	}
	if s.i == start {
		s.fail(ErrSyntax)
	}
}
