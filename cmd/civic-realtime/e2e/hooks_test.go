package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/hooks/standin"
)

// hookSite is a server with hooks, and their receiver.
type hookSite struct {
	*server
	t        *testing.T
	receiver *standin.Receiver
	called   chan struct{} // holds a value if a hook was called since the last receive
}

// newHookSite starts both. The tokens of ann and bob may write, that of viewer may read.
func newHookSite(t *testing.T, more string) *hookSite {
	t.Helper()
	h := &hookSite{t: t, receiver: standin.New(standin.Options{}), called: make(chan struct{}, 1)}
	handler := h.receiver.Handler()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		select {
		case h.called <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(receiver.Close)
	none := 0.0
	for name, access := range map[string]string{"ann": "write", "bob": "write", "viewer": "read", "none": "none"} {
		h.receiver.Allow("token-"+name, standin.User{ID: name, Name: name, Access: access, Cache: &none})
	}
	h.server = startWith(t, freeAddr(t), newDataDir(t), "--config", hookConfig(t, receiver.URL, more))
	return h
}

// hookConfig writes a configuration with the hooks of a receiver.
func hookConfig(t *testing.T, url, more string) string {
	t.Helper()
	text := fmt.Sprintf("realtime:\n  auth: {recheck: 1s}\n  hooks:\n    authorize: %s/authorize\n    load: %[1]s/load\n    store: %[1]s/store\n"+
		"    secret: %s\n    debounce: 100ms\n    max_debounce: 1s\n%s", url, standin.DefaultSecret, more)
	config := filepath.Join(t.TempDir(), "realtime.yml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

func withToken(version any, name string) args {
	return args{"version": version, "params": args{"token": "token-" + name}}
}

// awaitStored waits until the content of a document has all texts.
func (h *hookSite) awaitStored(room string, texts ...string) {
	h.t.Helper()
	for deadline := time.After(patience); ; {
		d, _ := h.receiver.Document(room)
		if !lacksAny(d.Body, texts) {
			return
		}
		select {
		case <-h.called:
		case <-deadline:
			h.t.Fatalf("the content of %s is %q and lacks some of %q", room, d.Body, texts)
		}
	}
}

func lacksAny(body string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(body, text) {
			return true
		}
	}
	return false
}

// TestHooksDecide shows with which code and reason real clients are refused, that a viewer cannot
// write, that a connection ends when its token expires unless the client sends a fresh one, and
// that a token that is revoked is closed soon.
func TestHooksDecide(t *testing.T) {
	t.Parallel()
	h := newHookSite(t, "    format: yjs\n")
	for name, want := range map[string]closed{
		"unknown": {4401, "session over"}, "none": {4403, "no access to this document"},
	} {
		c := newClient(t, name)
		c.do("open", args{"url": h.url(), "room": "minutes", "version": 3, "params": args{"token": "token-" + name}}, nil)
		c.mustHaveClosed(want.Code, want.Reason)
		c.do("disconnect", nil, nil)
	}
	ann, viewer := newClient(t, "ann"), newClient(t, "viewer")
	ann.openWith(h.server, "minutes", withToken(3, "ann"))
	viewer.openWith(h.server, "minutes", withToken(2, "viewer"))
	viewer.writes("not allowed ")
	ann.writes("allowed ")
	viewer.shows("allowed ")
	h.awaitStored("minutes", "allowed ")
	if d, _ := h.receiver.Document("minutes"); strings.Contains(d.Body, "not allowed") {
		t.Error("a viewer has written")
	}

	short, renewed := newClient(t, "short"), newClient(t, "renewed")
	until := time.Now().Add(15 * time.Second) // time enough to join and to renew on a busy machine
	for _, token := range []string{"token-short", "token-renewed"} {
		h.receiver.Allow(token, standin.User{ID: "cleo", Name: "cleo", Access: "write", Expires: until})
	}
	h.receiver.Allow("token-next", standin.User{ID: "cleo", Name: "cleo", Access: "write", Expires: time.Now().Add(time.Hour)})
	renewed.openWith(h.server, "minutes", withToken("json", "renewed"))
	renewed.do("renew", args{"token": "token-next"}, nil)
	short.openWith(h.server, "minutes", withToken(3, "short"))
	short.wait(args{"closes": 1})
	if st := short.status(); st.Closes[0].Code != 4501 {
		t.Errorf("an expired token: %+v", st.Closes)
	}
	h.receiver.Revoke("token-ann")
	ann.wait(args{"closes": 1})
	if st := ann.status(); st.Closes[0].Code != 4401 {
		t.Errorf("a revoked token: %+v", st.Closes)
	}
	if st := renewed.status(); len(st.Closes) > 0 {
		t.Errorf("a renewed token: %+v", st.Closes)
	}
	h.mustNotLogSecrets()
}

func (h *hookSite) mustNotLogSecrets() {
	h.t.Helper()
	for _, secret := range []string{"token-", standin.DefaultSecret[6:]} {
		if strings.Contains(h.log.String(), secret) {
			h.t.Errorf("the log has %q", secret)
		}
	}
}

// TestHooksKeepYjsDocuments shows that everything that clients of two versions of y-websocket write
// is stored with the hook as one Yjs document, in an outage and after kill -9 as well, then with
// the user who wrote what was not stored, that a change by another program arrives, and that a
// server without data begins with all of it, once.
func TestHooksKeepYjsDocuments(t *testing.T) {
	t.Parallel()
	h := newHookSite(t, "    format: yjs\n    attempts: 1\n    breaker_pause: 100ms\n  drafts: {poll: 1s}\n")
	ann, bob := newClient(t, "ann"), newClient(t, "bob")
	ann.openWith(h.server, "minutes", withToken(3, "ann"))
	bob.openWith(h.server, "minutes", withToken(2, "bob"))
	ann.writes("<first>")
	bob.writes("<second>")
	h.awaitStored("minutes", "<first>", "<second>")

	h.receiver.Fail(standin.Fault{Route: standin.Store, Status: http.StatusBadGateway})
	h.receiver.Fail(standin.Fault{Route: standin.Load, Cut: true})
	ann.writes("<third>")
	bob.shows("<third>")
	h.untilWritten("drafts cannot be saved")
	h.kill()
	h.receiver.ClearFaults()
	ann.do("disconnect", nil, nil)
	bob.do("disconnect", nil, nil)
	h.server = h.restart()
	h.awaitStored("minutes", "<first>", "<second>", "<third>") // though nobody is connected
	if d, _ := h.receiver.Document("minutes"); !slices.Equal(d.Users, []string{"ann"}) {
		t.Errorf("after the kill it is stored as by %q", d.Users)
	}

	late := newClient(t, "late")
	late.openWith(h.server, "minutes", withToken("3.0", "bob"))
	stored, _ := h.receiver.Document("minutes")
	h.receiver.Put("other", stored.Type, stored.Body)
	h.receiver.Put("minutes", stored.Type, string(updateWith("<elsewhere>")))
	late.shows("<elsewhere>")
	h.awaitStored("minutes", "<first>", "<elsewhere>")

	empty := startWith(t, freeAddr(t), newDataDir(t), h.flags...)
	reader := newClient(t, "reader")
	reader.openWith(empty, "minutes", withToken(3, "viewer"))
	text := reader.report().Text
	for _, part := range []string{"<first>", "<second>", "<third>", "<elsewhere>"} {
		if strings.Count(text, part) != 1 {
			t.Errorf("%s is in %q", part, text)
		}
	}
	ann.mustBeSound()
	h.mustNotLogSecrets()
}

// updateWith returns a Yjs update with a text at the start of the clients' text.
func updateWith(text string) []byte {
	u := []byte{1, 1, 77, 0, 4, 1, 4}
	u = append(u, "text"...)
	u = append(u, byte(len(text)))
	return append(append(u, text...), 0)
}

var docsReceiver = regexp.MustCompile("(?s)```js\n(.*?)```")

// startDocsReceiver starts the receiver of docs/hooks.md as it is written there, which verifies
// signatures with the library of Standard Webhooks, and returns its URL.
func startDocsReceiver(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	block := docsReceiver.FindSubmatch(text)
	if block == nil || !strings.Contains(string(block[1]), "from 'standardwebhooks'") {
		t.Fatal("docs/hooks.md has no receiver")
	}
	environment := fmt.Sprintf("import { env } from 'node:process'\nObject.assign(env, { HOOKS_SECRET: %q, PORT: '0' })\n", standin.DefaultSecret)
	_, port := startScript(t, `listening on (\d+)`, environment+string(block[1]), "--input-type=module", "-")
	return "http://127.0.0.1:" + port
}

// TestReceiverOfTheDocuments shows that the receiver in docs/hooks.md works as written: it admits
// users, and keeps what real editors write, in Markdown, so that a server without data begins with
// it; and it refuses a call without a signature.
func TestReceiverOfTheDocuments(t *testing.T) {
	t.Parallel()
	url := startDocsReceiver(t)
	resp, err := http.Post(url+"/load", "application/json", strings.NewReader(`{"type":"load","room":"minutes"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("without a signature: %s", resp.Status)
	}
	flags := []string{"--config", hookConfig(t, url, "")}
	first := startWith(t, freeAddr(t), newDataDir(t), flags...)
	at := func(s *server, user string) editorOptions {
		return editorOptions{url: s.url(), room: "minutes", token: "token-of-" + user, name: user}
	}
	ann, bob := openNode(t, at(first, "ann")), openNode(t, at(first, "bob"))
	ann.after("").presses("Control+Alt+1").types("Minutes").presses("Enter").types("Ann was there.")
	mustAllShow(t, "# Minutes\n\nAnn was there.", ann, bob)
	first.untilMetrics("the document is stored", func(metrics string) bool {
		return strings.Contains(metrics, "\nrealtime_unsaved_drafts 0\n") && !strings.Contains(metrics, "\nrealtime_draft_saves_total 0\n")
	})
	second := startWith(t, freeAddr(t), newDataDir(t), flags...)
	mustAllShow(t, "# Minutes\n\nAnn was there.", openNode(t, at(second, "ann")))
	if n := first.metric(`realtime_hooks_calls_total{hook="store",outcome="ok"}`); n == 0 {
		t.Error("no call of hooks.store was counted")
	}
}
