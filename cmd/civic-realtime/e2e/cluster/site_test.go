package cluster

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// site is CivicPress' stand-in. Each node has an address of its own for it, so that a call is known
// to be that node's.
type site struct {
	t   *testing.T
	api *standin.API

	one   sync.Mutex // held during a call
	mu    sync.Mutex // guards everything below
	rooms map[string]*history
	hook  func(node *node, method, room string) // called before a call is answered; or nil
}

func newSite(t *testing.T) *site {
	return &site{t: t, api: standin.New(standin.Options{AuthLimit: -1, Limit: -1}), rooms: map[string]*history{}}
}

// record adds a record, whose drafts are noted in h from now on.
func (s *site) record(h *history) {
	s.api.Put(h.room, strings.Join(h.seed, "\n\n"), nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms[h.room] = h
}

// on sets what is called before each call of the API is answered; nil: nothing.
func (s *site) on(hook func(node *node, method, room string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook
}

// urlFor returns the URL for a node. by returns that node.
func (s *site) urlFor(by func() *node) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(by(), w, r) }))
	s.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// saved reports whether a text is the draft of its record. The save of that draft is noted already.
func (s *site) saved(h *history, text string) bool {
	s.one.Lock()
	defer s.one.Unlock()
	draft, _ := s.api.Draft(h.room)
	return strings.TrimSpace(draft) == strings.TrimSpace(text)
}

const records = "/api/v1/records/"

// serve answers a call, and notes a draft once it is stored, whether or not its node is still there
// for the answer.
func (s *site) serve(by *node, w http.ResponseWriter, r *http.Request) {
	room, isRecord := strings.CutPrefix(r.URL.Path, records)
	room, isDraft := strings.CutSuffix(room, "/draft")
	s.mu.Lock()
	hook, h := s.hook, s.rooms[room]
	s.mu.Unlock()
	if hook != nil && isRecord {
		hook(by, r.Method, room)
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	s.one.Lock() // so that drafts are noted in the order in which they are stored
	s.api.ServeHTTP(answer, r)
	if r.Method == http.MethodPut && isDraft && answer.Code == http.StatusOK && h != nil {
		var in struct{ MarkdownBody string }
		_ = json.Unmarshal(body, &in)
		h.save(by.name, in.MarkdownBody)
	}
	s.one.Unlock()
	for k, v := range answer.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}
