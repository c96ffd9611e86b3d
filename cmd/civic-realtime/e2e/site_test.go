package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// site is a server with a stand-in for CivicPress.
type site struct {
	*server
	t      *testing.T
	api    *standin.API
	called chan struct{} // holds a value if CivicPress was called since the last receive

	// holding is asked, if it is set, about each call that was carried out. The call is answered
	// when the channel that it returns is closed; nil: at once.
	holding atomic.Pointer[func(*http.Request) <-chan struct{}]
}

// newSite starts both. more are further keys of the configuration, in the section civicpress and in
// sections after it. Drafts are saved without a pause between them, unless more has a section
// drafts.
func newSite(t *testing.T, more string) *site {
	t.Helper()
	return newSiteOf(t, newStandin(), more)
}

func newStandin() *standin.API { return standin.New(standin.Options{AuthLimit: -1, Limit: -1}) }

// newSiteOf is newSite with a stand-in that is there before, as when the server needs a session.
func newSiteOf(t *testing.T, api *standin.API, more string) *site {
	t.Helper()
	w := &site{t: t, api: api, called: make(chan struct{}, 1)}
	civicpress := httptest.NewServer(w)
	t.Cleanup(civicpress.Close)
	if !strings.Contains(more, "drafts:") {
		more += "  drafts: {min_interval: 1ms}\n"
	}
	config := filepath.Join(t.TempDir(), "realtime.yml")
	text := fmt.Sprintf("realtime:\n  civicpress:\n    url: %s\n    secret: %q\n%s", civicpress.URL, standin.DefaultSecret, more)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.server = startWith(t, freeAddr(t), t.TempDir(), "--config", config)
	return w
}

func (w *site) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.api.ServeHTTP(rw, r) // the answer is short, so it is sent when this function returns
	select {
	case w.called <- struct{}{}:
	default:
	}
	if hold := w.holding.Load(); hold != nil {
		if until := (*hold)(r); until != nil {
			<-until
		}
	}
}

// editorOptions returns options with a session of CivicPress.
func (w *site) editorOptions(room, username, role string) editorOptions {
	return editorOptions{url: w.url(), room: room, token: w.api.Login(username, role), name: username}
}

// awaitDraft waits until the draft of a record has this text.
func (w *site) awaitDraft(room, want string) {
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
