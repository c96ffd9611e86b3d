package civicpress

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// Mark stands for a state of a record where the state itself is too much to keep:
// its text by a hash, and what Compare looks at beside that. It is comparable, and
// equal for equal states. The zero value is no state that is known.
type Mark struct {
	known  bool
	draft  bool
	text   [sha256.Size]byte
	aside  [8]byte // hash of title, type and status
	millis int64   // when the text was last written, in Unix time; 0: not known
}

// Mark returns the record's.
func (r Record) Mark() Mark {
	m := Mark{known: true, draft: r.Draft, text: sha256.Sum256([]byte(r.Markdown))}
	aside := sha256.Sum256([]byte(r.Title + "\x00" + r.Type + "\x00" + r.Status))
	copy(m.aside[:], aside[:])
	if at := r.written(); !at.IsZero() {
		m.millis = at.UnixMilli()
	}
	return m
}

// IsDraft says whether the state is one of a draft.
func (m Mark) IsDraft() bool { return m.draft }

// written is when what Markdown is of was last changed, as far as is known.
func (r Record) written() time.Time {
	if r.Draft && !r.Saved.IsZero() {
		return r.Saved
	}
	return r.Updated
}

// The first byte of a mark: its form, and whether it is a draft's.
const (
	markPublished = 'p'
	markDraft     = 'd'
	markLen       = 1 + sha256.Size + 8 + 8
)

// String is what ParseMark reads: 66 characters that any text may hold, none for
// the zero Mark.
func (m Mark) String() string {
	if !m.known {
		return ""
	}
	b := make([]byte, 0, markLen)
	if b = append(b, markPublished); m.draft {
		b[0] = markDraft
	}
	b = append(append(b, m.text[:]...), m.aside[:]...)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(m.millis)))
}

var errMark = errors.New("not the mark of a record")

// ParseMark reads what String wrote.
func ParseMark(s string) (m Mark, err error) {
	if s == "" {
		return Mark{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != markLen || b[0] != markDraft && b[0] != markPublished {
		return Mark{}, errMark
	}
	m.known, m.draft = true, b[0] == markDraft
	b = b[1:]
	b = b[copy(m.text[:], b):]
	b = b[copy(m.aside[:], b):]
	m.millis = int64(binary.BigEndian.Uint64(b))
	return m, nil
}
