package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// A town is a server with CivicPress behind it, or rather what stands in for that.
type town struct {
	*server
	t      *testing.T
	api    *standin.API
	called chan struct{} // holds one when a call was answered since the last look
}

// newTown starts both. more is what else the server is told, in the section civicpress and those
// after it. Drafts do not wait for each other, unless it says something of drafts.
func newTown(t *testing.T, more string) *town {
	t.Helper()
	w := &town{t: t, api: standin.New(standin.Options{AuthLimit: -1, Limit: -1}), called: make(chan struct{}, 1)}
	site := httptest.NewServer(w)
	t.Cleanup(site.Close)
	if !strings.Contains(more, "drafts:") {
		more += "  drafts: {min_interval: 1ms}\n"
	}
	config := filepath.Join(t.TempDir(), "realtime.yml")
	text := fmt.Sprintf("realtime:\n  civicpress:\n    url: %s\n    secret: %q\n%s", site.URL, standin.DefaultSecret, more)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.server = startWith(t, "127.0.0.1:0", t.TempDir(), "--config", config)
	return w
}

func (w *town) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.api.ServeHTTP(rw, r)
	select {
	case w.called <- struct{}{}:
	default:
	}
}

// seat is a place for somebody with a session of CivicPress'.
func (w *town) seat(room, username, role string) seat {
	return seat{url: w.url(), room: room, token: w.api.Login(username, role), name: username}
}

// awaitDraft returns when the draft of a record has this text.
func (w *town) awaitDraft(room, want string) {
	w.t.Helper()
	for deadline := time.After(patience); ; {
		got, ok := w.api.Draft(room)
		if ok && got == want {
			return
		}
		select {
		case <-w.called:
		case <-deadline:
			w.t.Fatalf("the draft of %s (there is one: %t) is\n%s\nand not\n%s", room, ok, got, want)
		}
	}
}
