package e2e

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// editorOptions returns options with a token for the room.
func (p *tokenRoom) editorOptions(name string, flags ...string) editorOptions {
	p.t.Helper()
	return editorOptions{url: p.s.url(), room: p.room, token: p.token(name, flags...), name: name}
}

// TestPages shows that two users who write one record, on two pages, end with one text, and see
// each other's carets with the names in their tokens, and that a page that is closed, or crashes,
// leaves no caret behind.
func TestPages(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "by-law-9")
	ann, bob := openPage(t, p.editorOptions("Ann")), openPage(t, p.editorOptions("Bob"))

	ann.after("").presses("Control+Alt+1").types("Dogs\nDogs go on leads.")
	bob.wait(args{"markdown": "# Dogs\n\nDogs go on leads.", "carets": []string{"Ann@Dogs go on leads."}})
	bob.after("Dogs")
	ann.wait(args{"carets": []string{"Bob@Dogs"}})

	typing := []processes.Call{ann.begin("type", args{"text": " So do cats."}), bob.begin("type", args{"text": " and cats"})}
	for _, typed := range typing {
		typed.End(nil)
	}
	bob.selects("leads").presses("Control+b")
	mustAllShow(t, "# Dogs and cats\n\nDogs go on **leads**. So do cats.", ann, bob)
	ann.waitFor(soon, args{"people": []string{"Bob"}})

	bob.close()
	ann.waitFor(soon, args{"people": []string{}, "carets": []string{}})
	eve := openPage(t, p.editorOptions("Eve"))
	eve.after("cats.")
	ann.waitFor(soon, args{"carets": []string{"Eve@Dogs go on leads. So do cats."}})
	eve.crash()
	ann.waitFor(soon, args{"people": []string{}, "carets": []string{}})
	if st := ann.status(); st.Connects != 1 || len(st.Closes) > 0 {
		t.Errorf("Ann went through %+v", st)
	}
}

// TestPageRefused shows that a page that is refused a record gets the reason.
func TestPageRefused(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "by-law-9")
	good := p.token("Ann")
	for name, test := range map[string]struct {
		room, token string
		code        int
	}{
		"no token at all":        {p.room, "", 4401},
		"a token with a mistake": {p.room, good[:len(good)-4] + "AAAA", 4401},
		"one for another record": {p.room, p.token("Ann", "--record", "by-law-8"), 4403},
		"no such record":         {strings.Repeat("a", 256), good, 4404},
	} {
		page := newPage(t, editorOptions{url: p.s.url(), room: test.room, token: test.token, name: name})
		page.wait(args{"closed": test.code})
		for _, c := range page.status().Closes {
			if c.Code != test.code || c.Reason == "" {
				t.Errorf("%s: closed with %d %q", name, c.Code, c.Reason)
			}
		}
		page.close()
	}
}

// TestPageSurvives shows that no text is lost that users write on pages while the server is killed
// and restarted.
func TestPageSurvives(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "by-law-9")
	ann, bob := openPage(t, p.editorOptions("Ann")), openPage(t, p.editorOptions("Bob"))
	ann.after("").types("First.\nSecond.")
	bob.wait(args{"says": "Second."})

	p.s.kill()
	ann.wait(args{"connected": false})
	bob.wait(args{"connected": false})
	ann.after("First.").types(" Ann was here.")
	bob.after("Second.").types(" Bob too.")
	p.s = p.s.restart()
	ann.wait(args{"connects": 2, "synced": true})
	bob.wait(args{"connects": 2, "synced": true})

	late := openPage(t, p.editorOptions("Late"))
	mustAllShow(t, "First. Ann was here.\n\nSecond. Bob too.", ann, bob, late)
	ann.waitFor(soon, args{"people": []string{"Bob", "Late"}})
}
