package snapshots

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// Format is a format that a state is written in.
type Format string

// The formats.
const (
	Yjs      Format = "yjs"      // one update (V1) with the whole document
	Markdown Format = "markdown" // readable text
	Text     Format = "text"     // readable text without Markdown's syntax
	JSON     Format = "json"     // all shared types, as by Yjs' toJSON
	Stored   Format = "snapshot" // as the server stores it
)

// As returns the state in a format. The remarks name the parts that are not in it.
func (s State) As(
	f Format, of markdown.Schema, a snapshot.Algorithm,
) (b []byte, remarks []string, err error) {
	text := ""
	switch f {
	case Yjs:
		return s.State, nil, nil
	case Stored:
		b, err = s.Encode(a)
		return b, nil, err
	case JSON:
		text, remarks, err = s.json(of)
	case Text:
		text, remarks, err = s.text(of)
	default:
		text, remarks, err = s.markdown(of)
	}
	return []byte(text), remarks, err
}
