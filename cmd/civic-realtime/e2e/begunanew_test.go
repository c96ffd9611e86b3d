package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestBegunAnew shows that clients of all protocols which have a document that was deleted, and
// were offline when that was lifted and another one begun, are closed with 4410 when they come
// back, after a restart too, and that nothing of what they have comes into the new document.
func TestBegunAnew(t *testing.T) {
	t.Parallel()
	const room = "anew"
	s := start(t)
	var old []*client
	for i, version := range []any{1.5, 2, 3, 4, "json", "msgpack"} {
		c := join(t, s, room, fmt.Sprint("old", i), version)
		c.writes(fmt.Sprintf("<old %d>", i))
		old = append(old, c)
	}
	converge(t, old...)
	run(t, "delete", room, "--yes", "--data-dir", s.dir)
	for _, c := range old {
		c.wait(args{"closes": 1})
		c.do("disconnect", nil, nil)
		c.writes("<offline>")
	}
	run(t, "undelete", room, "--data-dir", s.dir)
	fresh := join(t, s, room, "fresh", 3)
	fresh.writes("<anew>")
	converge(t, fresh, join(t, s, room, "other", 2))
	for restarts := range 2 {
		for _, c := range old {
			before := len(c.status().Closes)
			c.do("reconnect", nil, nil)
			c.wait(args{"closes": before + 1})
			c.do("disconnect", nil, nil)
			if closes := c.status().Closes; closes[before].Code != 4410 {
				t.Errorf("client %s: %+v", c.name, closes)
			}
		}
		text := converge(t, fresh, join(t, s, room, fmt.Sprint("last", restarts), 3)).Text
		if !strings.Contains(text, "<anew>") || strings.Contains(text, "<o") {
			t.Errorf("the text is %s", text)
		}
		if restarts == 0 {
			s.kill()
			s = s.restart()
			fresh.wait(args{"synced": true, "connects": 2})
		}
	}
	fresh.mustBeSound()
}
