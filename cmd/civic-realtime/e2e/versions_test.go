package e2e

import (
	"fmt"
	"testing"
)

// yWebsockets are the versions of y-websocket whose providers tests run: the last of each release
// line, the last without final close codes, and the one for Yjs 14. lib/providers.mjs has them
// under the same names.
var yWebsockets = []any{1.5, 2, "3.0", 3, 4}

func isNative(version any) bool { return version == "json" || version == "msgpack" }

// eachYWebsocket runs a test for each version of y-websocket.
func eachYWebsocket(t *testing.T, test func(t *testing.T, version any)) {
	for _, version := range yWebsockets {
		t.Run(fmt.Sprint("y-websocket ", version), func(t *testing.T) { test(t, version) })
	}
}

// writes makes the client type a text at the start of the document.
func (c *client) writes(text string) {
	c.t.Helper()
	c.do("write", args{"text": text}, nil)
}

// shows waits until the provider's document has the texts.
func (c *client) shows(texts ...string) {
	c.t.Helper()
	c.wait(args{"shows": texts})
}

// TestVersions shows that clients of each version of y-websocket in one room converge, see each
// other's carets, and keep the text typed while the server was stopped.
func TestVersions(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "versions")
	var all []*client
	for _, version := range yWebsockets {
		all = append(all, p.newClient(fmt.Sprint("user of ", version), version))
	}
	p.mustAllShowAll("online", all)
	editAll(all, 100, newSeed(t))
	mustHoldEverything(t, converge(t, all...))
	p.mustMeet(all)

	p.s.terminate()
	for _, c := range all {
		c.wait(args{"connected": false})
	}
	texts := writeAll("offline", all)
	p.s = p.s.restart()
	for _, c := range all {
		c.wait(args{"synced": true, "connects": 2})
		c.shows(texts...)
	}
	mustHoldEverything(t, converge(t, all...))
	p.mustMeet(all)
	for _, c := range all {
		c.mustBeSound()
	}
}

// writeAll makes all clients write a text each, and returns the texts.
func writeAll(word string, all []*client) (texts []string) {
	for _, c := range all {
		texts = append(texts, fmt.Sprintf("<%s %s>", word, c.name))
		c.writes(texts[len(texts)-1])
	}
	return texts
}

// mustAllShowAll makes all clients write a text each, and waits until each shows all texts.
func (p *tokenRoom) mustAllShowAll(word string, all []*client) {
	p.t.Helper()
	texts := writeAll(word, all)
	for _, c := range all {
		c.shows(texts...)
	}
}

// mustMeet makes all clients move the caret, and waits until each sees those of all others.
func (p *tokenRoom) mustMeet(all []*client) {
	p.t.Helper()
	var carets []string
	for i, c := range all {
		c.do("point", args{"at": i}, nil)
		carets = append(carets, fmt.Sprintf("%s@%d", c.name, i))
	}
	for _, c := range all {
		c.sees(carets...)
	}
}
