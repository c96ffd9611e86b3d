package civicpress

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Record is a record as one user is shown it: with the text of its draft if there is one and the
// user may edit, else with the published text.
type Record struct {
	ID     string // by which it was loaded
	Title  string
	Type   string
	Status string // legal status: "draft", "published", …

	// Draft reports whether Markdown is the text of a draft. If not, there is no draft, or it is
	// hidden from the user: a document that is seeded with a viewer's Record may overwrite a draft.
	Draft    bool
	Markdown string

	// Updated is when the draft or published record that Markdown belongs to was last changed,
	// Saved when a draft was last saved. To the second; zero if the API's answer has no time, or
	// one in an unknown form.
	Updated, Saved time.Time

	rest      draftFields
	fetchedAt time.Time // when the API was asked
}

// draftFields are the members that a new draft must take over from the published record, as they
// are: those that a draft lacks are lost when it is published.
type draftFields struct {
	Workflow json.RawMessage `json:"workflowState,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Place    json.RawMessage `json:"geography,omitempty"`
	Files    json.RawMessage `json:"attachedFiles,omitempty"`
	Links    json.RawMessage `json:"linkedRecords,omitempty"`
	Places   json.RawMessage `json:"linkedGeographyFiles,omitempty"`
}

// FetchedAt returns when the API was asked for the record, or to save it.
func (r Record) FetchedAt() time.Time { return r.fetchedAt }

// String leaves out the text.
func (r Record) String() string {
	return fmt.Sprintf("civicpress.Record{%q, draft: %v, %d bytes}", r.ID, r.Draft, len(r.Markdown))
}

// GoString does the same for %#v.
func (r Record) GoString() string { return r.String() }

// MarshalText does the same for logs in JSON.
func (r Record) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// recordAnswer is a record as the API writes it. ID may differ from the id in the request: the API
// finds a published record by the name of its file, and answers with the id that is written there.
type recordAnswer struct {
	ID       text            `json:"id"`
	Title    text            `json:"title"`
	Type     text            `json:"type"`
	Status   text            `json:"status"`
	Draft    bool            `json:"isDraft"`
	Markdown json.RawMessage `json:"markdownBody"` // nil: missing, which is not null
	Content  json.RawMessage `json:"content"`
	Updated  timestamp       `json:"updated_at"`
	Saved    timestamp       `json:"last_draft_saved_at"`
	draftFields
}

func (s recordAnswer) record(r request, id string) (Record, error) {
	body := s.Markdown
	if body == nil {
		body = s.Content
	}
	var markdown *string
	if body != nil && json.Unmarshal(body, &markdown) != nil {
		return Record{}, r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	rec := Record{
		ID: id, Title: string(s.Title), Type: string(s.Type), Status: string(s.Status),
		Draft: s.Draft, Updated: s.Updated.Time, Saved: s.Saved.Time, rest: s.draftFields,
	}
	if markdown != nil {
		rec.Markdown = *markdown
	}
	return rec, nil
}

// validID reports whether an id can be a record's. The API is not asked for any other id, which
// could have another meaning in a path.
func validID(id string) bool {
	switch strings.ToLower(id) {
	case "", ".", "..", "drafts", "summary": // the last two are routes of their own
		return false
	}
	odd := func(r rune) bool { return r == '/' || r == '\\' || unicode.IsControl(r) }
	return len(id) <= 255 && utf8.ValidString(id) && !strings.ContainsFunc(id, odd)
}

// timestamp is a time in any form that CivicPress' database has, or in JavaScript's milliseconds.
// A form without a zone is UTC; any other form is the zero time.
type timestamp struct{ time.Time }

var timestampLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly,
}

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (m *timestamp) UnmarshalJSON(b []byte) error {
	var s text
	if err := s.UnmarshalJSON(b); err != nil {
		return nil
	}
	for _, layout := range timestampLayouts {
		if t, err := time.Parse(layout, string(s)); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		m.Time = time.UnixMilli(n).UTC()
	}
	return nil
}
