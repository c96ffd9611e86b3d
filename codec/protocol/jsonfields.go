package protocol

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
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
	start  int                       // of the object
	values [jsonFields]jsontext.Span // of the last member of each name; empty for none
	err    *lib0.SyntaxError
}

func (f *jsonFrame) fail(at int, err error) {
	if f.err == nil {
		f.err = &lib0.SyntaxError{Offset: at, Err: err}
	}
}

// scan finds the fields. Unless it succeeds, nothing else of b is looked at.
func (f *jsonFrame) scan() {
	at, err := jsontext.ScanObject(f.b, f.set)
	if err == jsontext.ErrNotObject {
		err = ErrMessage
	}
	if f.start = at; err != nil {
		f.fail(at, err)
	}
}

func (f *jsonFrame) set(name, value jsontext.Span) {
	if field := fieldNamed(f.word(name)); field < jsonFields {
		f.values[field] = value
	}
}

// word is the string at s without its escapes. Unlike unquote it leaves the frame as it is.
func (f *jsonFrame) word(s jsontext.Span) []byte {
	text := f.b[s.Start+1 : s.End-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	return jsontext.Unescape(bytes.Clone(text))
}

// unquote undoes the escapes of a string in place, so it can be called once for each.
func (f *jsonFrame) unquote(s jsontext.Span) []byte {
	return jsontext.Unescape(f.b[s.Start+1 : s.End-1])
}

// given says whether a field is there, for which null does not count.
func (f *jsonFrame) given(field jsonField) bool {
	v := f.values[field]
	return v.End > v.Start && f.b[v.Start] != 'n'
}

// raw is a field as it stands.
func (f *jsonFrame) raw(field jsonField) []byte {
	v := f.values[field]
	if v.End == v.Start {
		f.fail(f.start, ErrMessage)
	}
	return f.b[v.Start:v.End:v.End]
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

// base64 is what a field decodes to. Where there were escapes an error is at the field.
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

// uint is 0 for a field that is not given.
func (f *jsonFrame) uint(field jsonField) (n uint64) {
	if !f.given(field) {
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
