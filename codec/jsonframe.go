package codec

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonField is a member of a JSON message that means something to us.
type jsonField int

const (
	jsonType jsonField = iota
	jsonEvent
	jsonUpdate
	jsonVersion
	jsonStateVector
	jsonCursor
	jsonAwareness
	jsonToken

	jsonFields
)

// fieldNamed is jsonFields for a name that means nothing.
func fieldNamed(name []byte) jsonField {
	switch string(name) {
	case "type":
		return jsonType
	case "event":
		return jsonEvent
	case "update":
		return jsonUpdate
	case "version":
		return jsonVersion
	case "stateVector":
		return jsonStateVector
	case "cursor":
		return jsonCursor
	case "awareness":
		return jsonAwareness
	case "token":
		return jsonToken
	}
	return jsonFields
}

// jsonFrame is a message in JSON that is being decoded, in place. The first
// error sticks, and the values read after it are empty.
type jsonFrame struct {
	b      []byte
	start  int              // of the object
	values [jsonFields]span // of the last member of each name; empty for none
	err    *SyntaxError
}

func (f *jsonFrame) fail(at int, err error) {
	if f.err == nil {
		f.err = &SyntaxError{Offset: at, Err: err}
	}
}

// scan finds the fields. Nothing else of b is looked at without it having succeeded.
func (f *jsonFrame) scan() {
	if !utf8.Valid(f.b) {
		f.fail(invalidUTF8(f.b), ErrUTF8)
		return
	}
	s := jsonScanner{b: f.b}
	s.space()
	f.start = s.i
	isObject := s.peek() == '{'
	if isObject {
		f.members(&s)
	} else {
		s.value(0)
	}
	s.space()
	switch {
	case s.err != nil:
		f.fail(s.i, s.err)
	case s.i < len(f.b):
		f.fail(s.i, ErrJSON)
	case !isObject:
		f.fail(f.start, ErrMessage)
	}
}

func (f *jsonFrame) members(s *jsonScanner) {
	s.expect('{')
	s.space()
	if s.eat('}') {
		return
	}
	for more := true; more && s.err == nil; more = s.eat(',') {
		s.space()
		name := s.key()
		value := span{start: s.i}
		s.value(1)
		value.end = s.i
		if s.err == nil {
			f.set(name, value)
		}
		s.space()
	}
	s.expect('}')
}

func (f *jsonFrame) set(name, value span) {
	if field := fieldNamed(f.word(name)); field < jsonFields {
		f.values[field] = value
	}
}

// word is the string at s without its escapes. Unlike unquote it leaves the frame as it is.
func (f *jsonFrame) word(s span) []byte {
	text := f.b[s.start+1 : s.end-1]
	if first := bytes.IndexByte(text, '\\'); first >= 0 {
		text = bytes.Clone(text)
		text = text[:unescape(text, first)]
	}
	return text
}

// unquote undoes the escapes of a string in place, so it can be called once for each.
func (f *jsonFrame) unquote(s span) []byte {
	text := f.b[s.start+1 : s.end-1]
	if first := bytes.IndexByte(text, '\\'); first >= 0 {
		return text[:unescape(text, first)]
	}
	return text
}

// given says whether a field is there, for which null does not count.
func (f *jsonFrame) given(field jsonField) bool {
	v := f.values[field]
	return v.end > v.start && f.b[v.start] != 'n'
}

// raw is a field as it stands.
func (f *jsonFrame) raw(field jsonField) []byte {
	v := f.values[field]
	if v.end == v.start {
		f.fail(f.start, ErrMessage)
	}
	return f.b[v.start:v.end:v.end]
}

func (f *jsonFrame) text(field jsonField) []byte {
	if v, ok := f.quoted(field); ok {
		return f.unquote(v)
	}
	return nil
}

// name is the type or the event of the message, which stays readable in the frame.
func (f *jsonFrame) name(field jsonField) []byte {
	if v, ok := f.quoted(field); ok {
		return f.word(v)
	}
	return nil
}

// quoted is where a field's string is. It fails for a field that has none.
func (f *jsonFrame) quoted(field jsonField) (v span, ok bool) {
	v = f.values[field]
	switch {
	case v.end == v.start:
		f.fail(f.start, ErrMessage)
	case f.b[v.start] != '"':
		f.fail(v.start, ErrMessage)
	}
	return v, f.err == nil
}

// base64 is what a field decodes to. Where there were escapes an error is at the field.
func (f *jsonFrame) base64(field jsonField) []byte {
	text := f.text(field)
	n, bad := decodeBase64(text)
	if bad >= 0 {
		at, v := 0, f.values[field]
		if len(text) == v.end-v.start-2 {
			at = 1 + bad
		}
		f.fail(v.start+at, ErrBase64)
		return nil
	}
	return text[:n:n]
}

// uint is 0 for a field that is not given.
func (f *jsonFrame) uint(field jsonField) (n uint64) {
	if !f.given(field) {
		return 0
	}
	v := f.values[field]
	for _, c := range f.b[v.start:v.end] {
		if c < '0' || c > '9' {
			f.fail(v.start, ErrMessage)
			return 0
		}
		if n = n*10 + uint64(c-'0'); n > MaxSafeInteger {
			f.fail(v.start, ErrOverflow)
			return 0
		}
	}
	return n
}

// unescape undoes the escapes of text, the first of which is at r, and returns what is left of its length.
func unescape(text []byte, r int) int {
	w := r
	for r < len(text) {
		c := text[r]
		if c != '\\' {
			text[w] = c
			w, r = w+1, r+1
			continue
		}
		if text[r+1] == 'u' {
			char, n := unicodeEscape(text[r:])
			w, r = w+utf8.EncodeRune(text[w:], char), r+n
			continue
		}
		text[w] = escaped(text[r+1])
		w, r = w+1, r+2
	}
	return w
}

// escaped is what stands behind the backslash c follows.
func escaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// unicodeEscape reads \uXXXX, or two of them that make one rune. One half of a pair is U+FFFD.
func unicodeEscape(b []byte) (char rune, n int) {
	char = hex4(b[2:])
	if !utf16.IsSurrogate(char) {
		return char, 6
	}
	if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if pair := utf16.DecodeRune(char, hex4(b[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		digit := c - '0'
		if c > '9' {
			digit = c&^0x20 - 'A' + 10
		}
		r = r<<4 | rune(digit)
	}
	return r
}
