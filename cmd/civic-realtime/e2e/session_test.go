package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

// newSeed returns a seed for everything random in a test; the log of a failure has it.
func newSeed(t *testing.T) int {
	t.Helper()
	seed := int(rand.Uint32())
	t.Logf("seed %d", seed)
	return seed
}

// claim lists what a document must contain: clocks and deletions, in the form of lib/state.mjs.
type claim = json.RawMessage

// report is everything in a client's document.
type report struct {
	Claim   claim           `json:"claim"`
	Content json.RawMessage `json:"content"`
	Text    string          `json:"text"`
	Pending bool            `json:"pending"`
	Hash    string          `json:"hash"`
}

// status describes the past and present of a client's connections.
type status struct {
	Extensions string     `json:"extensions"` // of WebSocket, that were agreed on
	Synced     bool       `json:"synced"`
	Received   int        `json:"received"`
	Sent       int        `json:"sent"`
	TextFrames int        `json:"textFrames"`
	Connects   int        `json:"connects"`
	Closes     []closed   `json:"closes"`
	Errors     []string   `json:"errors"`
	Problems   []string   `json:"problems"`
	Sights     [][]string `json:"sights"` // names of those present, after each change
	Failures   []failure  `json:"failures"`
	Notices    []notice   `json:"notices"`
	Finals     []closed   `json:"finals"` // closes after which our own provider stays away
	Connecting bool       `json:"connecting"`
	Carets     []string   `json:"carets"` // of those present; names alone without a caret

	Unsaved int `json:"unsaved"` // changes that are not acknowledged

	// Of clients of Hocuspocus.
	Counts  []int    `json:"counts"`  // of these, after each change
	Denials []string `json:"denials"` // reasons for which the document was not opened
	Ends    []string `json:"ends"`    // reasons for which it was closed
}

// failure is an error that the server has sent, in a protocol that has a form for it.
type failure struct{ Code, Message string }

type notice struct{ Level, Message string }

type closed struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

// open gives the client a new document, and connects it with the given version of y-websocket.
func (c *client) open(s *server, room string, version any) {
	c.t.Helper()
	c.openWith(s, room, args{"version": version})
}

func (c *client) openWith(s *server, room string, options args) (id int) {
	c.t.Helper()
	a := args{"url": s.url(), "room": room}
	for k, v := range options {
		a[k] = v
	}
	var opened struct {
		Client int `json:"client"`
	}
	c.do("open", a, &opened)
	c.wait(args{"synced": true})
	return opened.Client
}

// join starts a new client with an empty document, and waits until it has synced.
func join(t *testing.T, s *server, room, name string, version any) *client {
	t.Helper()
	c := newClient(t, name)
	c.open(s, room, version)
	return c
}

// wait waits until all conditions hold; lib/conditions.mjs has the list.
func (c *client) wait(until args) {
	c.t.Helper()
	c.waitFor(patience, until)
}

func (c *client) waitFor(deadline time.Duration, until args) {
	c.t.Helper()
	c.do("wait", args{"until": until, "deadline": deadline.Milliseconds()}, nil)
}

func (c *client) report() (r report) {
	c.t.Helper()
	c.do("report", nil, &r)
	return r
}

func (c *client) status() (s status) {
	c.t.Helper()
	c.do("status", nil, &s)
	return s
}

// receipts returns a claim to everything that the server has sent to this client so far.
func (c *client) receipts() (r claim) {
	c.t.Helper()
	c.do("receipts", nil, &r)
	return r
}

// missing lists the parts of the claims that the client's document lacks.
func (c *client) missing(claims []claim) (lacks []string) {
	c.t.Helper()
	c.do("missing", args{"claims": claims}, &lacks)
	return lacks
}

// mustBeUndisturbed checks that the client has had one connection and no errors.
func (c *client) mustBeUndisturbed() {
	c.t.Helper()
	if st := c.status(); st.Connects != 1 || len(st.Closes)+len(st.Errors) > 0 {
		c.t.Errorf("client %s was disturbed: %+v", c.name, st)
	}
	c.mustBeSound()
}

// mustBeSound checks that nothing from the server made the client's libraries throw or complain.
func (c *client) mustBeSound() {
	c.t.Helper()
	if st := c.status(); st.TextFrames > 0 || len(st.Problems) > 0 {
		c.t.Errorf("client %s got %d text frames, complains of %q", c.name, st.TextFrames, st.Problems)
	}
}

// converge waits until all clients have the same document, and returns it. No client may be typing.
// It takes several rounds if a client writes when it receives an update, as Yjs does to clean up
// formatting.
func converge(t *testing.T, clients ...*client) report {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		claims := make([]claim, len(clients))
		for i, c := range clients {
			claims[i] = c.report().Claim
		}
		for _, c := range clients {
			c.wait(args{"synced": true, "covers": claims})
		}
		reports, settled := settledReports(clients)
		if settled {
			mustAgree(t, clients, reports)
			return reports[0]
		}
		if time.Now().After(deadline) {
			t.Fatal("the clients go on writing")
		}
	}
}

// settledReports returns the document of each client, and whether all have the same items.
func settledReports(clients []*client) (reports []report, settled bool) {
	settled = true
	for i, c := range clients {
		reports = append(reports, c.report())
		settled = settled && string(reports[i].Claim) == string(reports[0].Claim)
	}
	return reports, settled
}

func mustAgree(t *testing.T, clients []*client, reports []report) {
	t.Helper()
	for i, r := range reports {
		if r.Pending {
			t.Errorf("client %s has updates that it cannot apply", clients[i].name)
		}
		if r.Hash != reports[0].Hash {
			a, b := difference(string(reports[0].Content), string(r.Content))
			t.Fatalf("clients %s and %s hold the same items and differ:\n%s\n%s", clients[0].name, clients[i].name, a, b)
		}
	}
}

// difference returns the parts of a and b around the first byte in which they differ.
func difference(a, b string) (string, string) {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return s[max(0, i-200):min(len(s), i+200)] }
	return around(a), around(b)
}
