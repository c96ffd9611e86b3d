package e2e

import (
	"fmt"
	"testing"
)

const (
	// busy is for how many milliseconds a page is busy when its connection opens.
	busy = 500
	// busyTries is how often a test is tried, as a busy machine may prevent its condition: more
	// time than the page knows of, and than the server waits, may pass between the handshake and
	// the first message.
	busyTries = 10
)

// TestBusyPage shows that a page of y-websocket that names no protocol, and is busy when its
// connection opens, is sent no text, at which y-websocket throws: the browser answers the server's
// ping in time.
func TestBusyPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	mustGetNoText(t, func() authorStatus {
		page := newPage(t, editorOptions{url: s.url(), room: "by-law-7", name: "Ann", busy: busy})
		defer page.close()
		page.wait(args{"synced": true})
		return page.status()
	})
}

// TestBusyVersions shows the same for a page with each version of y-websocket, and that its later
// edits arrive.
func TestBusyVersions(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "by-law-7")
	eachYWebsocket(t, func(t *testing.T, version any) {
		where := p.editorOptions("Ann")
		where.version = version
		other := newPage(t, where)
		defer other.close()
		where.busy = busy
		mustGetNoText(t, func() authorStatus {
			page := newPage(t, where)
			defer page.close()
			page.wait(args{"synced": true})
			text := fmt.Sprintf("<busy %v>", version)
			page.do("insert", args{"text": text}, nil)
			other.wait(args{"shows": text})
			return page.status()
		})
	})
}

// mustGetNoText checks that a busy page is sent no text.
func mustGetNoText(t *testing.T, open func() authorStatus) {
	t.Helper()
	for range busyTries {
		st := open()
		if len(st.Problems)+st.Texts == 0 && st.Connects == 1 && len(st.Closes) == 0 {
			return
		}
		t.Logf("after %v ms: %d text frames, %q, connected %d times, closed %v", st.Silent, st.Texts, st.Problems, st.Connects, st.Closes)
	}
	t.Error("it was sent text each time")
}
