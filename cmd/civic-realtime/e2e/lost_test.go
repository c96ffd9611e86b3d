package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestLostUpdatesAreNoticed shows that the clients of TestTakeovers and TestDrains notice the loss
// of a single update: after a restart the server has the data that it had before the last word, or,
// in comparison, all of it. The client sends the word again, so that the document does not show the
// loss.
func TestLostUpdatesAreNoticed(t *testing.T) {
	t.Parallel()
	for _, loses := range []bool{false, true} {
		t.Run(fmt.Sprintf("loses: %v", loses), func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx, stop := context.WithCancel(context.Background())
			o := &office{t: t, s: s, stop: stop}
			c := newTypist(s, "room", 7)
			c.rest = patience // one word a connection
			var running sync.WaitGroup
			running.Go(func() { c.run(ctx) })
			t.Cleanup(func() {
				stop()
				running.Wait()
			})
			o.awaitWords(c, 1)
			s.terminate()
			earlier := filepath.Join(t.TempDir(), "earlier")
			if err := os.CopyFS(earlier, os.DirFS(s.dir)); err != nil {
				t.Fatal(err)
			}
			s = s.restart()
			o.awaitWords(c, 2)
			s.terminate()
			var want []string
			if loses {
				s.dir, want = earlier, []string{"of client 7 the server has 5 of 10 letters that it has sent to client 7"}
			}
			s.restart()
			o.awaitWords(c, 3)
			stop()
			running.Wait()
			if !slices.Equal(c.lost, want) {
				t.Errorf("the client notices %q, not %q", c.lost, want)
			}
		})
	}
}

// awaitWords waits until a client is connected and has been sent as many words that it has typed.
func (o *office) awaitWords(c *typist, words uint64) {
	o.t.Helper()
	o.until(fmt.Sprint(words, " words are sent back"), func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.synced && c.shown.Clock(c.id) == words*wordLength
	})
}
