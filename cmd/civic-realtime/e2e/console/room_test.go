package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// section finds a part of a room's page by its heading.
func section(title string) place {
	return place{"css": `section:has(> h2:text-is("` + title + `"), > .head > h2:text-is("` + title + `"))`}
}

// TestRoomActions shows everything that can be done to a room and its people: each asks first, does
// nothing when it is cancelled, and says what it has done; and the server and the clients say the
// same.
func TestRoomActions(t *testing.T) {
	t.Parallel()
	s := start(t, "  snapshots: {min_interval: 1ms}\n")
	ann, bob := joined(t, s, "ann", "charter", "provider-json"), joined(t, s, "bob", "charter", 3)
	bob.write("Dogs on leads.")
	ann.shows("Dogs on leads.")
	p := signedIn(t, s, nil)
	p.opensRoom(s, "charter")
	people := section("People")
	for user, protocol := range map[string]string{"ann": "json", "bob": "y-websocket"} {
		p.sees(inside(people, place{"css": `tr:has-text("` + user + `")`}))
		if text := p.textOf(inside(people, place{"css": `tr:has-text("` + user + `")`})); !strings.Contains(text, protocol) {
			t.Errorf("%s is shown as %q", user, text)
		}
	}

	p.confirms(button("Lock"), "Lock", nil, "is locked")
	if !s.room("charter").Locked {
		t.Error("the room is not locked")
	}
	ann.wait(args{"notice": "record is locked"})
	bob.write("Refused. ")
	bob.wait(args{"problem": "record is locked"})
	p.sees(partly(byText("Locked by " + operator)))
	p.confirms(button("Unlock"), "Unlock", nil, "is open")
	if s.room("charter").Locked {
		t.Error("the room is locked")
	}
	p.sees(button("Lock"))

	p.confirms(button("Send a notice"), "Send a notice", [][2]string{{"Text", "Break until noon"}}, "The notice was sent to 1 client.")
	ann.wait(args{"notice": "Break until noon"})

	p.confirms(button("Save a snapshot"), "Save a snapshot", nil, "has its first")
	if r := s.room("charter"); r.UnsavedUpdates > 0 {
		t.Errorf("the room is %+v", r)
	}

	p.confirms(inside(people, partly(button("Kick bob"))), "Kick", nil, "of bob is closed.")
	bob.wait(args{"closes": 1})
	if closes := bob.status().Closes; closes[0].Reason != "removed from this record" {
		t.Errorf("bob was closed with %+v", closes)
	}
	p.misses(inside(people, place{"css": `tr:has-text("bob")`}))

	before := ann.status().Connects
	p.confirms(button("Evict"), "Evict", nil, "is saved and unloaded")
	ann.wait(args{"connects": before + 1, "synced": true})
	p.sees(inside(people, place{"css": `tr:has-text("ann")`}))
}

// TestRoomConnections shows that a connection to a room is closed from the room's page, with a
// reason.
func TestRoomConnections(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann := joined(t, s, "ann", "charter", 3)
	p := signedIn(t, s, nil)
	p.opensRoom(s, "charter")
	p.clicks(inside(section("People"), place{"css": "summary"}))
	p.confirms(inside(section("People"), partly(button("Close"))), "Close", [][2]string{{"Reason", "moved to another room"}}, "is closed.")
	ann.wait(args{"closes": 1, "connects": 2, "synced": true})
	if closes := ann.status().Closes; !strings.Contains(closes[0].Reason, "moved to another room") {
		t.Errorf("ann was closed with %+v", closes)
	}
}

// TestVersions shows that a version is kept, shown, renamed, compared, restored and deleted, with
// what the server and the people in the room have afterwards.
func TestVersions(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann := joined(t, s, "ann", "charter", 3)
	ann.write("Dogs on leads.")
	p := signedIn(t, s, nil)
	p.opensRoom(s, "charter")
	until(t, "the edit is stored", func() bool { return s.text("charter") == "Dogs on leads." })
	p.confirms(button("Keep a version"), "Keep a version", [][2]string{{"Name", "before the meeting"}}, "before the meeting")
	if names := s.named("charter"); !slices.Equal(names, []string{"before the meeting"}) {
		t.Errorf("the versions are %q", names)
	}
	versions := section("Versions")
	row := func(name string) place { return inside(versions, place{"css": `tbody tr:has-text("` + name + `")`}) }
	p.sees(row("before the meeting"))
	p.confirms(inside(row("before the meeting"), partly(button("Rename"))), "Rename", [][2]string{{"Name", "of May"}}, "is now called")
	if names := s.named("charter"); !slices.Equal(names, []string{"of May"}) {
		t.Errorf("the versions are %q", names)
	}

	ann.write("Cats run free. ")
	until(t, "the edit is stored", func() bool { return s.text("charter") == "Cats run free. Dogs on leads." })
	p.clicks(button("Compare"))
	p.sees(partly(byText("1 change: 1 inserted")))
	if inserted := p.textsOf(inside(versions, place{"css": "ins"})); !strings.Contains(strings.Join(inserted, ""), "Cats run free.") {
		t.Errorf("inserted is shown as %q", inserted)
	}
	p.clicks(inside(row("of May"), partly(button("Show"))))
	document := section("Document")
	p.sees(inside(document, partly(byText("Dogs on leads."))))
	if text := p.textOf(document); strings.Contains(text, "Cats") {
		t.Errorf("the version is shown as %q", text)
	}

	p.confirms(inside(row("of May"), partly(button("Restore"))), "Restore", nil, "is restored.")
	until(t, "the version is restored", func() bool { return s.text("charter") == "Dogs on leads." })
	ann.wait(args{"lacks": []string{}, "shows": []string{"Dogs on leads."}})
	var text string
	ann.do("text", nil, &text)
	if text != "Dogs on leads." {
		t.Errorf("ann has %q", text)
	}
	p.confirms(inside(row("of May"), partly(button("Delete"))), "Delete", nil, "is deleted.")
	p.misses(row("of May"))
	if names := s.named("charter"); len(names) > 0 {
		t.Errorf("the versions are %q", names)
	}
}

// text returns the text of a record's document.
func (s *server) text(id string) string {
	s.t.Helper()
	_, text := s.request("GET", roomPath(id)+"/versions/current?format=text", "", "Authorization", "Bearer "+s.token())
	return strings.TrimSuffix(text, "\n")
}

// TestDocument shows a document as text, as a tree, and with its authors, as real clients have
// written it.
func TestDocument(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann, bob := joined(t, s, "ann", "charter", 3), joined(t, s, "bob", "charter", "provider-msgpack")
	ann.do("paragraph", args{"text": "Leads", "kind": args{"name": "heading", "level": 2}}, nil)
	until(t, "the heading is stored", func() bool { return strings.Contains(s.text("charter"), "Leads") })
	bob.wait(args{"holds": []string{"Leads"}})
	bob.do("paragraph", args{"text": "Dogs are on leads.", "kind": args{"name": "paragraph"}, "marks": args{"strong": args{}}}, nil)
	until(t, "the paragraph is stored", func() bool { return strings.Contains(s.text("charter"), "Dogs are on leads.") })
	p := signedIn(t, s, nil)
	p.opensRoom(s, "charter")
	document := section("Document")
	p.clicks(inside(document, button("As text")))
	p.sees(inside(document, partly(byText("Dogs are on leads."))))
	p.clicks(inside(document, button("As a tree")))
	p.sees(inside(document, byRole("tree", "Tree of the document")))
	p.sees(inside(document, partly(byText("heading"))))
	p.mustBeAccessible("the tree")
	p.clicks(inside(document, button("With authors")))
	p.sees(inside(document, partly(byText("Leads"))))
	for _, author := range []string{"ann", "bob"} {
		p.sees(inside(document, partly(byText(author))))
	}
	p.mustBeAccessible("the authors")
}

// apiKey opens the documents API of a server with documents.
const apiKey = "a-key-of-a-program-of-thirty-two-bytes"

// withDocuments returns a configuration with that API.
func withDocuments(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.yml")
	if err := os.WriteFile(path, []byte("- {name: backend, key: "+apiKey+", scopes: ['documents:create'], rooms: ['*']}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "  api: {enabled: true, keys_file: '" + path + "'}\n"
}

// creates creates a document that is no record, and returns the status of the answer.
func (s *server) creates(name, text string) int {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"room": name, "format": "markdown", "content": text})
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequest("POST", "http://"+s.addr+"/v1/documents", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestDelete shows that a document that is no record is deleted, that its tombstone is listed, and
// that it may then be begun again.
func TestDelete(t *testing.T) {
	t.Parallel()
	s := start(t, withDocuments(t))
	if status := s.creates("notes/may", "Dogs on leads."); status != http.StatusCreated {
		t.Fatalf("the document is created with %d", status)
	}
	p := signedIn(t, s, nil)
	p.goes(s.console("rooms/notes%2Fmay"))
	p.confirms(button("Delete"), "Delete", nil, "is deleted, with its versions.")
	if status := s.creates("notes/may", "Again."); status < 300 {
		t.Errorf("a deleted document is created with %d", status)
	}
	p.sees(button("Undelete"))
	p.goes(s.console("rooms?tab=stored"))
	p.sees(place{"css": `tbody tr:has-text("notes/may") .badge:text-is("deleted")`})
	p.confirms(button("Undelete"), "Undelete", nil, "can be begun again.")
	p.misses(button("Undelete"))
	if status := s.creates("notes/may", "Again."); status != http.StatusCreated {
		t.Errorf("the document is begun again with %d", status)
	}
}
