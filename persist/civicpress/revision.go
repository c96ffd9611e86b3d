package civicpress

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// Revision identifies a state of a record: by a hash of its text, and the rest that Compare looks
// at. It is comparable, and equal for equal states. The zero value is an unknown state.
type Revision struct {
	known  bool
	draft  bool
	text   [sha256.Size]byte
	fields [8]byte // hash of title, type and status
	millis int64   // when the text was last written, in Unix time; 0: not known
}

// Revision returns the state that the record is in.
func (r Record) Revision() Revision {
	m := Revision{known: true, draft: r.Draft, text: sha256.Sum256([]byte(r.Markdown))}
	aside := sha256.Sum256([]byte(r.Title + "\x00" + r.Type + "\x00" + r.Status))
	copy(m.fields[:], aside[:])
	if at := r.written(); !at.IsZero() {
		m.millis = at.UnixMilli()
	}
	return m
}

// IsDraft reports whether the state is one of a draft.
func (m Revision) IsDraft() bool { return m.draft }

// written returns when the text was last changed, as far as is known.
func (r Record) written() time.Time {
	if r.Draft && !r.Saved.IsZero() {
		return r.Saved
	}
	return r.Updated
}

// The first byte of an encoded revision, and its length in bytes.
const (
	revisionPublished = 'p'
	revisionDraft     = 'd'
	revisionLen       = 1 + sha256.Size + 8 + 8
)

// String returns the form that ParseRevision reads: 66 characters of base64, or none for the zero
// Revision.
func (m Revision) String() string {
	if !m.known {
		return ""
	}
	b := make([]byte, 0, revisionLen)
	if b = append(b, revisionPublished); m.draft {
		b[0] = revisionDraft
	}
	b = append(append(b, m.text[:]...), m.fields[:]...)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(m.millis)))
}

var errRevision = errors.New("not the revision of a record")

// ParseRevision reads the form that String returns.
func ParseRevision(s string) (m Revision, err error) {
	if s == "" {
		return Revision{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != revisionLen || b[0] != revisionDraft && b[0] != revisionPublished {
		return Revision{}, errRevision
	}
	m.known, m.draft = true, b[0] == revisionDraft
	b = b[1:]
	b = b[copy(m.text[:], b):]
	b = b[copy(m.fields[:], b):]
	m.millis = int64(binary.BigEndian.Uint64(b))
	return m, nil
}
