package protocol

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
)

// jsonField is a member of a JSON message that this server reads.
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
	jsonUser
	jsonReason
	jsonFor
	jsonNotice

	jsonFields
)

// fieldNamed returns the field with a name, jsonFields for other names.
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
	case "user":
		return jsonUser
	case "reason":
		return jsonReason
	case "for":
		return jsonFor
	case "notice":
		return jsonNotice
	}
	return jsonFields
}

// jsonFrame is a message in JSON that is decoded in place. Its first error is final, and values
// that are read after it are empty.
type jsonFrame struct {
	b      []byte
	start  int                       // offset of the object
	values [jsonFields]jsontext.Span // of the last member with each name; empty for none
	err    *lib0.SyntaxError
}

func (f *jsonFrame) fail(at int, err error) {
	if f.err == nil {
		f.err = &lib0.SyntaxError{Offset: at, Err: err}
	}
}

// scan finds the fields. If it fails, nothing else of b may be read.
func (f *jsonFrame) scan() {
	at, err := jsontext.ScanObject(f.b, f.set)
	if err == jsontext.ErrNotObject {
		err = ErrMessage
	}
	if f.start = at; err != nil {
		f.fail(at, err)
	}
}

// set keeps the place of a member's value.
func (f *jsonFrame) set(name, value jsontext.Span) {
	if field := fieldNamed(f.unescaped(name)); field < jsonFields {
		f.values[field] = value
	}
}

// unescaped returns the string at s without its escapes. Unlike unquote it does not change the
// frame.
func (f *jsonFrame) unescaped(s jsontext.Span) []byte {
	text := f.b[s.Start+1 : s.End-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	return jsontext.Unescape(bytes.Clone(text))
}

// unquote returns the string at s. It undoes escapes in place, so it may be called once for each.
func (f *jsonFrame) unquote(s jsontext.Span) []byte {
	return jsontext.Unescape(f.b[s.Start+1 : s.End-1])
}

// has reports whether the message has a field that is not null.
func (f *jsonFrame) has(field jsonField) bool {
	v := f.values[field]
	return v.End > v.Start && f.b[v.Start] != 'n'
}

// raw returns the text of a field's value, which it must have.
func (f *jsonFrame) raw(field jsonField) []byte {
	v := f.values[field]
	if v.End == v.Start {
		f.fail(f.start, ErrMessage)
	}
	return f.b[v.Start:v.End:v.End]
}

// text returns a field's string, which it must have.
func (f *jsonFrame) text(field jsonField) []byte {
	if v, ok := f.quoted(field); ok {
		return f.unquote(v)
	}
	return nil
}

// optionalText returns a field's string, empty for a field that is missing.
func (f *jsonFrame) optionalText(field jsonField) string {
	if !f.has(field) {
		return ""
	}
	return string(f.text(field))
}

// member returns the string of a member of a field that is an object. It must have that member, and
// the string must not be empty. The offset of an error is that of the object.
func (f *jsonFrame) member(field jsonField, name string) (text string) {
	v := f.values[field]
	for member, value := range jsontext.Members(f.b[v.Start:v.End]) {
		if string(member) == name {
			text, _ = jsontext.Unquote(value)
		}
	}
	if text == "" {
		f.missing(field)
	}
	return text
}

// name returns the type or the event of the message, which remains readable in the frame.
func (f *jsonFrame) name(field jsonField) []byte {
	if v, ok := f.quoted(field); ok {
		return f.unescaped(v)
	}
	return nil
}

// quoted returns the place of a field's string. It fails for a field without one.
func (f *jsonFrame) quoted(field jsonField) (v jsontext.Span, ok bool) {
	v = f.values[field]
	switch {
	case v.End == v.Start:
		f.fail(f.start, ErrMessage)
	case f.b[v.Start] != '"':
		f.fail(v.Start, ErrMessage)
	}
	return v, f.err == nil
}

// base64 decodes a field. If it had escapes, the offset of an error is that of the field.
func (f *jsonFrame) base64(field jsonField) []byte {
	text := f.text(field)
	n, bad := decodeBase64(text)
	if bad >= 0 {
		at, v := 0, f.values[field]
		if len(text) == v.End-v.Start-2 {
			at = 1 + bad
		}
		f.fail(v.Start+at, ErrBase64)
		return nil
	}
	return text[:n:n]
}

// uint returns a field's number, 0 for a field that is missing.
func (f *jsonFrame) uint(field jsonField) (n uint64) {
	if !f.has(field) {
		return 0
	}
	v := f.values[field]
	for _, c := range f.b[v.Start:v.End] {
		if c < '0' || c > '9' {
			f.fail(v.Start, ErrMessage)
			return 0
		}
		if n = n*10 + uint64(c-'0'); n > lib0.MaxSafeInteger {
			f.fail(v.Start, lib0.ErrOverflow)
			return 0
		}
	}
	return n
}
