package civicpress

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// answering returns a client of an API that answers everything with body.
func answering(t *testing.T, body string) *Client {
	t.Helper()
	c, err := New(Config{URL: "http://api.example", Options: httpcall.Options{Attempts: 1,
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK,
				Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestUserMembersExact shows that rights are read only from members with exactly their names, and
// only if each comes once.
func TestUserMembersExact(t *testing.T) {
	for user, want := range map[string][]string{
		`{"id":1,"permissions":["records:view"]}`:                            {"records:view"},
		`{"id":1,"permissions":["records:view"],"Permissions":["*"]}`:        {"records:view"},
		`{"id":1,"Permissions":["*"]}`:                                       nil,
		`{"id":1,"ID":2,"PERMISSIONS":["*"],"permissions":["records:view"]}`: {"records:view"},
	} {
		u, err := answering(t, `{"success":true,"data":{"user":`+user+`}}`).Authenticate(t.Context(), "token")
		if err != nil || u.ID != "1" || !slices.Equal(u.Permissions, want) {
			t.Errorf("%s: %v %q, %v", user, u, u.Permissions, err)
		}
	}
	for _, body := range []string{
		`{"success":true,"data":{"user":{"ID":1,"permissions":["*"]}}}`,
		`{"success":true,"data":{"User":{"id":1,"permissions":["*"]}}}`,
		`{"success":true,"Data":{"user":{"id":1,"permissions":["*"]}}}`,
		`{"Success":true,"data":{"user":{"id":1,"permissions":["*"]}}}`,
		`{"success":false,"SUCCESS":true,"data":{"user":{"id":1,"permissions":["*"]}}}`,
		`{"success":false,"success":true,"data":{"user":{"id":1,"permissions":["*"]}}}`,
		`{"success":true,"data":{"user":{"id":1,"permissions":[],"permissions":["*"]}}}`,
		`{"success":true,"data":{"user":{"id":1},"user":{"id":2}}}`,
		`{"success":true,"data":{"user":{"id":1}}} {}`,
	} {
		if u, err := answering(t, body).Authenticate(t.Context(), "token"); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v, %v", body, u, err)
		}
	}
}

// TestRecordMembersExact shows the same for the member that marks a draft.
func TestRecordMembersExact(t *testing.T) {
	const start = `{"success":true,"data":{"id":"r","markdownBody":"text"`
	for rest, draft := range map[string]bool{
		`,"isDraft":true`: true, `,"isdraft":true`: false, `,"isDraft":false,"ISDRAFT":true`: false,
		`,"MarkdownBody":"other"`: false,
	} {
		r, err := answering(t, start+rest+"}}").LoadRecord(t.Context(), "token", "r")
		if err != nil || r.Draft != draft || r.Markdown != "text" {
			t.Errorf("%s: %v, %v", rest, r, err)
		}
	}
	if r, err := answering(t, start+`,"id":"r"}}`).LoadRecord(t.Context(), "token", "r"); !errors.Is(err, ErrAnswer) {
		t.Errorf("an id that is there twice: %v, %v", r, err)
	}
}
