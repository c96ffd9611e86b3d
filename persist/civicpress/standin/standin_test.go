package standin

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// clock is a clock that tests move.
type clock struct{ now time.Time }

func newAPI(opt Options) (*API, *clock) {
	c := &clock{time.Date(2026, 8, 2, 10, 20, 30, 999e6, time.UTC)}
	opt.Now = func() time.Time { return c.now }
	return New(opt), c
}

// ask makes a call and returns its status, its header and its body.
func ask(a http.Handler, method, path, token, body string) (int, http.Header, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.String()
}

// TestAnswers compares answers with those that CivicPress is known to give.
func TestAnswers(t *testing.T) {
	a, _ := newAPI(Options{AuthLimit: -1})
	a.Put("r", "old", nil)
	a.Put("d", "old", nil)
	a.PutDraft("d", "new")
	a.PutDraft("only", "new")
	a.Put("internal", "shh", map[string]any{"status": "under_review"})
	a.Put("slug", "old", map[string]any{"id": "record-1"})
	tokens := map[string]string{"": "", "dead": a.Sign("dead")}
	for _, role := range []string{"admin", "clerk", "legal_dept", "public"} {
		tokens[role] = a.Login(role, role)
	}
	const (
		route = `"timestamp":`
		fail  = `"success":false`
		draft = `{"markdownBody":"mine"}`
	)
	for _, test := range []struct {
		method, path, who, body string
		status                  int
		has                     []string
		lacks                   []string
	}{
		{"GET", "auth/me", "", "", 401, []string{fail, `"code":"MISSING_AUTH"`}, nil},
		{"GET", "auth/me", "dead", "", 401, []string{fail, `"code":"INVALID_TOKEN"`}, nil},
		{"GET", "auth/me", "admin", "", 200, []string{`"success":true`, `"id":1,`,
			`"permissions":["*","records:edit"`, `"email":"admin@`}, nil},
		{"POST", "auth/simulated", "", `{"username":"eve","role":"clerk"}`, 200,
			[]string{`"session":{`, `"token":"`, `"expiresAt":"2026-08-03T10:20:30Z"`}, nil},
		{"POST", "auth/simulated", "", `{}`, 400, []string{`"MISSING_USERNAME"`}, nil},
		{"POST", "auth/simulated", "", `{"username":"eve","role":"king"}`, 400,
			[]string{`"INVALID_ROLE"`}, nil},
		{"GET", "records/slug?edit=true", "clerk", "", 200,
			[]string{`"id":"record-1"`, `"markdownBody":"old"`}, nil},
		{"GET", "records/record-1?edit=true", "clerk", "", 404, []string{`"RECORD_NOT_FOUND"`},
			nil},
		{"PUT", "records/slug/draft", "clerk", `{"title":"T","type":"bylaw","markdownBody":"mine"}`,
			200, []string{`"id":"slug"`}, nil},
		{"GET", "records/slug?edit=true", "clerk", "", 200,
			[]string{`"id":"slug"`, `"markdownBody":"mine"`}, nil},
		{"GET", "records/r", "", "", 200, []string{`"content":"old"`, `"isDraft":false`},
			[]string{"markdownBody", "hasUnpublishedChanges"}},
		{"GET", "records/d?edit=true", "dead", "", 200, []string{`"content":"old"`},
			[]string{"markdownBody"}},
		{"GET", "records/d?edit=true", "public", "", 200,
			[]string{`"content":"old"`, `"markdownBody":"old"`, `"isDraft":false`}, nil},
		{"GET", "records/d?edit=true", "clerk", "", 200,
			[]string{`"markdownBody":"new"`, `"isDraft":true`,
				`"last_draft_saved_at":"2026-08-02T10:20:30Z"`}, []string{"content"}},
		{"GET", "records/d", "clerk", "", 200,
			[]string{`"content":"old"`, `"hasUnpublishedChanges":true`}, []string{"markdownBody"}},
		{"GET", "records/d", "public", "", 200, []string{`"hasUnpublishedChanges":false`}, nil},
		{"GET", "records/r", "clerk", "", 200,
			[]string{`"updated_at":"2026-08-02T10:20:30.999Z"`, `"hasUnpublishedChanges":false`},
			nil},
		{"GET", "records/only", "clerk", "", 404, []string{fail, `"RECORD_NOT_FOUND"`},
			[]string{route}},
		{"GET", "records/only?edit=true", "public", "", 404, []string{`"RECORD_NOT_FOUND"`}, nil},
		{"GET", "records/internal", "public", "", 404, []string{`"RECORD_NOT_FOUND"`}, nil},
		{"GET", "records/internal", "clerk", "", 200, []string{`"content":"shh"`}, nil},
		{"GET", "records/none", "admin", "", 404, []string{fail, `"RECORD_NOT_FOUND"`},
			[]string{route}},
		{"GET", "records/r/collab-snapshot", "admin", "", 404, []string{`"NOT_FOUND"`, route},
			[]string{"success"}},
		{"POST", "auth/me", "admin", "", 404,
			[]string{`"Route POST /api/v1/auth/me not found"`, route}, []string{"success"}},
		{"PUT", "records/r/draft", "", draft, 403, []string{`"CSRF_TOKEN_MISSING"`}, nil},
		{"PUT", "records/r/draft", "dead", draft, 401, []string{`"error":"Invalid token"`},
			[]string{"success"}},
		{"PUT", "records/r/draft", "public", draft, 403, []string{`"INSUFFICIENT_PERMISSIONS"`},
			nil},
		{"PUT", "records/r/draft", "clerk", draft, 400,
			[]string{fail, "Title and type are required"}, nil},
		{"PUT", "records/r/draft", "clerk", `{"markdownBody":`, 400, []string{`"MALFORMED_JSON"`},
			nil},
		{"PUT", "records/r/draft", "clerk", `{"title":"T","type":"bylaw","metadata":null}`, 400,
			[]string{"Invalid record data"}, nil},
		{"PUT", "records/r/draft", "clerk", strings.Repeat(" ", 10<<20+1), 413, nil,
			[]string{"success"}},
		{"PUT", "records/r/draft", "legal_dept", `{"title":"T","type":"bylaw"}`, 500,
			[]string{`"details":"Permission denied: `}, nil},
		{"PUT", "records/d/draft", "legal_dept", draft, 200, []string{`"markdownBody":"mine"`},
			[]string{"isDraft"}},
		{"PUT", "records/r/draft", "clerk", `{"title":"T","type":"bylaw","markdownBody":"mine"}`,
			200, []string{`"title":"T"`, `"created_by":"clerk"`}, nil},
		{"POST", "records/r/publish", "public", "", 403, nil, nil},
		{"POST", "records/r/publish", "clerk", `{}`, 201,
			[]string{`"content":"mine"`, `"status":"published"`}, nil},
		{"POST", "records/r/publish", "clerk", `{}`, 500, nil, nil},
		{"DELETE", "records/d/draft", "clerk", "", 200, []string{`"message":`}, nil},
		{"DELETE", "records/d/draft", "clerk", "", 404, []string{`"DRAFT_NOT_FOUND"`}, nil},
		{"POST", "auth/logout", "admin", "", 200, nil, nil},
		{"GET", "auth/me", "admin", "", 401, nil, nil},
	} {
		name := fmt.Sprint(test.method, " ", test.path, " as ", test.who)
		status, _, body := ask(a, test.method, "/api/v1/"+test.path, tokens[test.who], test.body)
		if status != test.status {
			t.Errorf("%s: %d, want %d: %s", name, status, test.status, body)
		}
		for _, part := range test.has {
			if !strings.Contains(body, part) {
				t.Errorf("%s lacks %s: %s", name, part, body)
			}
		}
		for _, part := range test.lacks {
			if strings.Contains(body, part) {
				t.Errorf("%s has %s: %s", name, part, body)
			}
		}
	}
}

// TestUIForm checks the text that the form saves, in single-user and in collaborative mode.
func TestUIForm(t *testing.T) {
	a, _ := newAPI(Options{})
	a.Put("r", "# Dogs\n\n\nNo dogs.", map[string]any{"title": "Dogs"})
	if got := a.OpenForm("r"); got != "No dogs." {
		t.Errorf("shows %q", got)
	}
	a.SaveForm("r", "Dogs.")
	if got, _ := a.Draft("r"); got != "# Dogs\n\nDogs." || a.OpenForm("r") != "Dogs." ||
		a.DraftField("r", "status") != "published" {
		t.Errorf("saved %q", got)
	}
	a.SaveForm("r", "# Dogs\n\nCats.")
	if got, _ := a.Draft("r"); got != "# Dogs\n\n# Dogs\n\nCats." {
		t.Errorf("saved %q", got)
	}
	a.SaveForm("r", " ")
	if got, _ := a.Draft("r"); got != "# Dogs" || a.OpenForm("r") != "" {
		t.Errorf("saved %q, shows %q", got, a.OpenForm("r"))
	}
	a.PutDraft("r", "No heading.\n")
	if got := a.OpenForm("r"); got != "No heading.\n" {
		t.Errorf("shows %q", got)
	}
}

// TestAllowsCollaboration shows which texts may be edited collaboratively.
func TestAllowsCollaboration(t *testing.T) {
	as := func(s string) func(string) (string, error) { return func(string) (string, error) { return s, nil } }
	same := func(s string) (string, error) { return s, nil }
	grows := func(s string) (string, error) { return s + " ", nil }
	fails := func(string) (string, error) { return "", fmt.Errorf("cannot be read") }
	for _, test := range []struct {
		name, text string
		roundTrip  func(string) (string, error)
		want       bool
	}{
		{"plain", "a **b** [c](d)", same, true},
		{"empty", " \n", fails, true},
		{"a reference", `see <!--civic-ref type="record" id="r" label="A &quot;b&quot;"-->.`, same,
			true},
		{"a comment", "**a**<!-- -->b", same, false},
		{"an element", "a<br>b", same, false},
		{"a block", "a\n\n<div>b</div>", same, false},
		{"a reference as a block", `<!--civic-ref type="record" id="r" label="A"-->`, same, false},
		{"HTML in code", "`<b>` and\n\n    <p>", same, true},
		{"less than", "1 < 2", same, true},
		{"a footnote", "a[^1]", same, false},
		{"a footnote in a heading", "# a[^1]", same, false},
		{"a footnote in a table", "| a |\n| --- |\n| b[^1] |", same, false},
		{"a footnote's text", "[^1]: a note", same, false},
		{"brackets in code", "`[^1]`", same, true},
		{"written once in another style", "- a", as("* a"), true},
		{"written anew each time", "a", grows, false},
		{"cannot be read", "a", fails, false},
	} {
		if got := AllowsCollaboration(test.text, test.roundTrip); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestSessionLifecycle follows a session from its login to its end.
func TestSessionLifecycle(t *testing.T) {
	a, clock := newAPI(Options{})
	_, _, body := ask(a, "POST", "/api/v1/auth/simulated", "", `{"username":"ann","role":"clerk"}`)
	var in struct {
		Data struct{ Session struct{ Token string } }
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		t.Fatal(err)
	}
	token := in.Data.Session.Token
	me := func() int { status, _, _ := ask(a, "GET", "/api/v1/auth/me", token, ""); return status }
	if raw, signature, _ := strings.Cut(token, "."); len(raw) != 64 || len(signature) != 64 ||
		a.Sign(raw) != token {
		t.Errorf("token of %d and %d digits", len(raw), len(signature))
	}
	if status := me(); status != 200 {
		t.Errorf("after the login %d", status)
	}
	clock.now = clock.now.Add(24 * time.Hour)
	if status := me(); status != 401 {
		t.Errorf("a day later %d", status)
	}
	token = a.Login("ann", "clerk")
	a.Revoke(token)
	if status := me(); status != 401 {
		t.Errorf("after revocation %d", status)
	}
}

// TestRateLimits shows that the 31st call is refused, and that counting starts anew after 15
// minutes.
func TestRateLimits(t *testing.T) {
	a, clock := newAPI(Options{})
	token := a.Login("ann", "clerk")
	for i := range 32 {
		status, h, body := ask(a, "GET", "/api/v1/auth/me", token, "")
		if want := i >= 30; (status == 429) != want ||
			want != strings.Contains(body, `"RATE_LIMITED"`) ||
			want != (h.Get("Retry-After") == "900") {
			t.Errorf("call %d: %d, %q, %s", i, status, h.Get("Retry-After"), body)
		}
		if want := fmt.Sprintf("limit=30, remaining=%d, reset=900", max(0, 29-i)); h.Get("RateLimit") != want {
			t.Errorf("call %d: %s", i, h.Get("RateLimit"))
		}
	}
	if status, _, _ := ask(a, "GET", "/api/v1/records/r", token, ""); status != 404 {
		t.Errorf("a record: %d", status)
	}
	clock.now = clock.now.Add(15 * time.Minute)
	if status, _, _ := ask(a, "GET", "/api/v1/auth/me", token, ""); status != 200 {
		t.Errorf("in the next window: %d", status)
	}
	a, _ = newAPI(Options{Limit: 1})
	ask(a, "GET", "/", "", "")
	if status, _, body := ask(a, "GET", "/", "", ""); status != 429 ||
		strings.HasPrefix(body, "{") {
		t.Errorf("%d, %s", status, body)
	}
}

// TestFaults makes each kind of fault over a real connection, and checks how often it comes and how
// calls are logged.
func TestFaults(t *testing.T) {
	a, _ := newAPI(Options{Snapshots: true})
	url, stop, err := a.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // with keep-alives it repeats calls that are cut
	get := func() string {
		resp, err := client.Get(url + "/api/v1/records/r")
		if err != nil {
			return "cut"
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Retry-After"), " ",
			strings.TrimSpace(string(body)))
	}
	a.Put("r", "old", nil)
	good := get()
	for _, test := range []struct {
		name, want string
		fault      Fault
	}{
		{"status", `429 7 {"error":{"code":"A","message":"Too Many Requests"},"success":false}`,
			Fault{Status: 429, Code: "A", RetryAfter: "7"}},
		{"body", "502  <p>", Fault{Status: 502, Body: "<p>"}},
		{"cut", "cut", Fault{Cut: true}},
		{"late", good, Fault{Delay: time.Millisecond}},
		{"another route's", good, Fault{Route: Me, Status: 500}},
	} {
		test.fault.Times = 2
		a.Fail(test.fault)
		for i := range 3 {
			want := test.want
			if i == 2 {
				want = good
			}
			if got := get(); got != want {
				t.Errorf("%s, call %d: %s", test.name, i, got)
			}
		}
		a.ClearFaults()
	}
	a.Fail(Fault{NoRoute: true})
	if got := get(); !strings.HasPrefix(got, "404 ") || strings.Contains(got, "success") {
		t.Errorf("%s", got)
	}
	a.ClearFaults()
	if got := get(); got != good {
		t.Errorf("healed: %s", got)
	}
	cut := func(c Call) bool { return c.Status == 0 }
	if calls := a.Calls(); !slices.ContainsFunc(calls, cut) || calls[0].Route != GetRecord ||
		calls[0].RecordID != "r" || calls[0].Status != 200 {
		t.Errorf("%+v", calls)
	}
	if a.Count(GetRecord) != a.Count("") || a.Count(Me) != 0 {
		t.Errorf("%d of %d", a.Count(GetRecord), a.Count(""))
	}
}
