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

// Record is a record as one person may see it: with its draft's text if there is a
// draft and the person may edit, else with what is published.
type Record struct {
	ID     string // as it was asked for, which the API knows it by
	Title  string
	Type   string
	Status string // legal status: "draft", "published", …

	// Draft: Markdown is a draft's. Otherwise there is no draft, or the person must not
	// know of it: a room that is filled with what a viewer sees may bury one.
	Draft    bool
	Markdown string

	// Updated is when what Markdown is of was last changed, Saved when a draft was last
	// saved by somebody. To the second; zero when the API does not say, or not so that
	// it can be understood.
	Updated, Saved time.Time

	rest      draftFields
	fetchedAt time.Time // when the API was asked for it
}

// draftFields are what a new draft must take over from the published record, as they
// came: what a draft lacks is lost when it is published.
type draftFields struct {
	Workflow json.RawMessage `json:"workflowState,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Place    json.RawMessage `json:"geography,omitempty"`
	Files    json.RawMessage `json:"attachedFiles,omitempty"`
	Links    json.RawMessage `json:"linkedRecords,omitempty"`
	Places   json.RawMessage `json:"linkedGeographyFiles,omitempty"`
}

// FetchedAt is when the API was asked for the record, or to save it.
func (r Record) FetchedAt() time.Time { return r.fetchedAt }

// String leaves the text out.
func (r Record) String() string {
	return fmt.Sprintf("civicpress.Record{%q, draft: %v, %d bytes}", r.ID, r.Draft, len(r.Markdown))
}

// GoString does the same for %#v.
func (r Record) GoString() string { return r.String() }

// MarshalText does the same for logs in JSON.
func (r Record) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// recordAnswer is a Record as the API writes it. ID may be another than was asked for: the API finds
// a published record by the name of its file, and answers with the id that is written in it.
type recordAnswer struct {
	ID       text            `json:"id"`
	Title    text            `json:"title"`
	Type     text            `json:"type"`
	Status   text            `json:"status"`
	Draft    bool            `json:"isDraft"`
	Markdown json.RawMessage `json:"markdownBody"` // nil: not there, which is not null
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

// validID says whether an id can be a record's. What cannot is not asked for: as
// part of a path it would mean something else.
func validID(id string) bool {
	switch strings.ToLower(id) {
	case "", ".", "..", "drafts", "summary": // the last are routes beside /:id
		return false
	}
	odd := func(r rune) bool { return r == '/' || r == '\\' || unicode.IsControl(r) }
	return len(id) <= 255 && utf8.ValidString(id) && !strings.ContainsFunc(id, odd)
}

// timestamp takes the forms in which dates get into CivicPress' database, and JavaScript's
// milliseconds. All without a zone are UTC; what is none of them is zero.
type timestamp struct{ time.Time }

func (m *timestamp) UnmarshalJSON(b []byte) error {
	var s text
	if err := s.UnmarshalJSON(b); err != nil {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
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
