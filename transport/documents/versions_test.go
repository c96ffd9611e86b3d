package documents

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/authorship"
)

// decoded decodes the body of an answer.
func decoded[T any](t *testing.T, a answer) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return v
}

// TestVersions shows that versions are made, listed, read in all formats, renamed, restored and
// deleted.
func TestVersions(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("a", "one")
	path := Path + "/a/versions"
	if list := decoded[VersionList](t, w.must(200, "GET", path, "")); len(list.Versions) != 0 || list.Room != "a" {
		t.Errorf("%+v", list)
	}
	made := w.must(201, "POST", path, `{"name":"first"}`, as("application/json", onBehalfOf, "ann")...)
	v := decoded[Version](t, made)
	if v.ID == "" || v.Name != "first" || v.By == nil || *v.By != (authorship.By{ID: "key:all", Name: "all", OnBehalfOf: "ann"}) || v.CreatedAt.IsZero() || v.Bytes == 0 {
		t.Errorf("%s", made.body)
	}
	if made.header.Get("Location") != path+"/"+v.ID {
		t.Errorf("%v", made.header)
	}
	w.must(200, "PATCH", Path+"/a", "one two", as("text/plain", ifMatch, tag)...)
	second := decoded[Version](t, w.must(201, "POST", path, ""))
	for query, want := range map[string]string{"?format=text": "one", "?format=json": `{"text":"one"}`, "?format=json&fragment=text": `"one"`} {
		if got := w.must(200, "GET", path+"/"+v.ID+query, ""); got.body != want {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	if state := w.must(200, "GET", path+"/"+v.ID, "").body; updateTo(t, state, "one") != "" {
		t.Errorf("%x", state)
	}
	renamed := decoded[Version](t, w.must(200, "PATCH", path+"/"+v.ID, `{"name":"the first"}`, as("application/json")...))
	if renamed.ID != v.ID || renamed.Name != "the first" {
		t.Errorf("%+v", renamed)
	}
	restored := decoded[Restored](t, w.must(200, "POST", path+"/"+v.ID+"/restore", ""))
	if restored.Version != v.ID || restored.Kept == "" || w.reads("a?format=text") != "one" {
		t.Errorf("%+v, %s", restored, w.reads("a?format=text"))
	}
	if again := decoded[Restored](t, w.must(200, "POST", path+"/"+v.ID+"/restore", "")); again.Kept != "" {
		t.Errorf("%+v", again)
	}
	list := decoded[VersionList](t, w.must(200, "GET", path+"?limit=2", ""))
	if len(list.Versions) != 2 || list.Versions[0].ID != v.ID || list.Versions[1].ID != second.ID || list.NextAfter != second.ID {
		t.Errorf("%+v", list)
	}
	list = decoded[VersionList](t, w.must(200, "GET", path+"?limit=2&after="+list.NextAfter, ""))
	if len(list.Versions) != 1 || list.Versions[0].ID != restored.Kept || list.Versions[0].RestoredFrom != v.ID || list.NextAfter != "" {
		t.Errorf("%+v", list)
	}
	w.must(204, "DELETE", path+"/"+v.ID, "")
	for _, test := range []struct{ method, path, body, problem string }{
		{"GET", "/a/versions/" + v.ID, "", api.VersionNotFound},
		{"GET", "/a/versions/x", "", api.VersionNotFound},
		{"DELETE", "/a/versions/" + v.ID, "", api.VersionNotFound},
		{"PATCH", "/a/versions/" + v.ID, `{"name":"x"}`, api.VersionNotFound},
		{"POST", "/a/versions/" + v.ID + "/restore", "", api.VersionNotFound},
		{"GET", "/none/versions", "", DocumentNotFound},
		{"POST", "/none/versions", "", DocumentNotFound},
		{"POST", "/a/versions", `{"name":"` + strings.Repeat("x", 256) + `"}`, "invalid"},
		{"GET", "/a/versions?after=x", "", "invalid"},
		{"GET", "/a/versions/" + second.ID + "?format=markdown", "", WrongShape},
	} {
		if a := w.send(test.method, Path+test.path, test.body, as("application/json")...); a.problem() != test.problem {
			t.Errorf("%s %s: %+v", test.method, test.path, a)
		}
	}
}

// TestCompare shows what differs between versions, and who wrote which part of a document.
func TestCompare(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("a", "one two")
	v := decoded[Version](t, w.must(201, "POST", Path+"/a/versions", ""))
	w.must(200, "PATCH", Path+"/a", "one 2 three", as("text/plain", ifMatch, tag, onBehalfOf, "ann")...)
	changes := decoded[authorship.Comparison](t, w.must(200, "GET", Path+"/a/compare?from="+v.ID, "")).Changes
	texts := ""
	for _, c := range changes {
		texts += c.Type + ":" + c.Text + " "
		if c.By == nil || *c.By != (authorship.By{ID: "key:all", Name: "all", OnBehalfOf: "ann"}) || c.Root != "text" {
			t.Errorf("%+v", c)
		}
	}
	if !strings.Contains(texts, "delete:two") || !strings.Contains(texts, "insert:2") {
		t.Errorf("%s", texts)
	}
	parts := decoded[authorship.Authors](t, w.must(200, "GET", Path+"/a/authors", "")).Parts
	if len(parts) != 2 || parts[0].Text != "one " || parts[1].Text != "2 three" || parts[0].By.OnBehalfOf != "" || parts[1].By.OnBehalfOf != "ann" {
		t.Errorf("%+v", parts)
	}
	if then := decoded[authorship.Authors](t, w.must(200, "GET", Path+"/a/authors?version="+v.ID, "")).Parts; len(then) != 1 || then[0].Text != "one two" {
		t.Errorf("%+v", then)
	}
	for path, problem := range map[string]string{
		"/a/compare?from=x": "invalid", "/a/compare?from=99": api.VersionNotFound, "/none/compare": DocumentNotFound,
		"/a/authors?version=x": "invalid", "/none/authors": DocumentNotFound,
	} {
		if a := w.send("GET", Path+path, ""); a.problem() != problem {
			t.Errorf("%s: %+v", path, a)
		}
	}
}

// TestRestoreIsRefused shows that a program restores no version where people may not write, and
// that nothing is kept or changed by that.
func TestRestoreIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("a", "one")
	v := decoded[Version](t, w.must(201, "POST", Path+"/a/versions", ""))
	w.must(200, "PATCH", Path+"/a", "two", as("text/plain", ifMatch, tag)...)
	ctx, key := context.Background(), roomkey.MustParse("a")
	mustRefuse := func(problem string) {
		t.Helper()
		if a := w.send("POST", Path+"/a/versions/"+v.ID+"/restore", ""); a.problem() != problem {
			t.Errorf("%+v", a)
		}
		if got := w.reads("a?format=text"); got != "two" {
			t.Errorf("%q", got)
		}
		if list := decoded[VersionList](t, w.must(200, "GET", Path+"/a/versions", "")); len(list.Versions) != 1 {
			t.Errorf("%+v", list)
		}
	}
	if err := w.engine.Lock(ctx, key, true, "ann"); err != nil {
		t.Fatal(err)
	}
	mustRefuse(Locked)
	if err := w.engine.Lock(ctx, key, false, "ann"); err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Ban(ctx, "key:all", time.Now().Add(time.Hour), "", "ann"); err != nil {
		t.Fatal(err)
	}
	mustRefuse(Forbidden)
	if _, err := w.engine.Unban(ctx, "key:all", "ann"); err != nil {
		t.Fatal(err)
	}
	w.must(200, "POST", Path+"/a/versions/"+v.ID+"/restore", "")
}
