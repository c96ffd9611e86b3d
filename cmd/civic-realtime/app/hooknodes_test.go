package app

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestOwnersCallHooks shows that of two nodes only the owner of a document loads and stores it,
// wherever clients come in, and that after a takeover the new owner stores what is written then,
// without taking the old owner's content for a change by others.
func TestOwnersCallHooks(t *testing.T) {
	for _, format := range []string{"markdown", "yjs"} {
		t.Run(format, func(t *testing.T) { ownersCallHooks(t, format) })
	}
}

func ownersCallHooks(t *testing.T, format string) {
	receiver := standin.New(standin.Options{})
	url, stop, err := receiver.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	keys := "  hooks: {load: '" + url + "/load', store: '" + url + "/store', debounce: 50ms, format: " + format + hookSecret + "}\n"
	stored := func(texts ...string) {
		t.Helper()
		until(t, "the receiver has "+strings.Join(texts, ", "), func() bool {
			d, _ := receiver.Document("minutes")
			for _, text := range texts {
				if strings.Count(d.Body, text) != 1 {
					return false
				}
			}
			return true
		})
	}
	redis := redistest.Start(t)
	first := startNode(t, redis, t.TempDir(), keys)
	second := startNode(t, redis, t.TempDir(), keys)

	ann := first.join(1, "minutes")
	until(t, "the first node owns the document", func() bool { return first.owns("minutes") })
	bob := second.join(2, "minutes")
	ann.write("from-ann")
	bob.mustSee("from-ann")
	bob.write("from-bob")
	ann.mustSee("from-bob")
	stored("from-ann", "from-bob")
	if n := hookCalls(t, second); n != 0 {
		t.Errorf("the node that does not own the document has made %d calls", n)
	}

	ann.goTo(second)
	first.stop()
	bob.write("after-takeover")
	ann.mustSee("after-takeover")
	stored("from-ann", "from-bob", "after-takeover")
	if !second.owns("minutes") || hookCalls(t, second) == 0 {
		t.Error("the second node has not taken the document over")
	}
	for _, log := range []string{first.log.String(), second.log.String()} {
		if strings.Contains(log, "changed outside") {
			t.Errorf("a content of the other node was taken for a change by others:\n%s", log)
		}
	}
}

// hookCalls returns the number of calls that a node has made.
func hookCalls(t *testing.T, n *runningNode) (calls int) {
	t.Helper()
	var b strings.Builder
	n.components().hooks.client.WriteMetrics(&b)
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "realtime_hooks_calls_total{") && !strings.HasSuffix(strings.TrimSpace(line), " 0") {
			calls++
		}
	}
	return calls
}

// write writes a paragraph of its own into the editors' fragment.
func (w *writer) write(text string) {
	w.mu.Lock()
	u := yjsOf(w.id, text)
	if w.clock > 0 {
		u = (&visitor{id: w.id, clock: w.clock}).update(" " + text)
	}
	w.clock += len(text)
	if w.clock == len(text) {
		w.clock += 2
	} else {
		w.clock++
	}
	w.mine = append(w.mine, u)
	w.mu.Unlock()
	if socket := w.socket.Load(); socket != nil {
		w.send(socket, protocol.Update, u)
	}
}
