package e2e

import (
	"cmp"
	"encoding/json"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// sentence is a sentence of CivicPress' specification of the realtime service, with a check that it
// holds for clients written from the specification alone (lib/specclient.mjs).
type sentence struct {
	says   string
	engine engine.Config
	tcfg   transport.Config
	store  engine.Store // nil: in memory
	holds  func(*specTest)
}

// specTest is a server for a sentence, and two users with such clients.
type specTest struct {
	t        *testing.T
	h        *localServer
	ann, bob *specClient
}

// specClient is a process with such a client; spec.mjs has its commands.
type specClient struct {
	*client
	id   string // of the user
	test *specTest
}

// specMessage is a message from the server.
type specMessage struct {
	Type, Event, From string
	Update, Awareness string
	Version           int
	Timestamp         int64
	User              map[string]any
	Cursor            json.RawMessage
	Room              struct {
		ID           string
		Participants []map[string]any
		YjsState     string
		Version      int
	}
	Error  failure
	Notice notice
}

// mustHoldAll checks sentences, each with a server of its own.
func mustHoldAll(t *testing.T, sentences []sentence) {
	t.Parallel()
	ann, bob := newSpecClient(t, "ann"), newSpecClient(t, "bob")
	for _, s := range sentences {
		t.Run(s.says, func(t *testing.T) {
			if s.store == nil {
				s.store = persist.NewMemory()
			}
			// Each connection is silent for this time.
			s.tcfg.SniffTimeout = cmp.Or(s.tcfg.SniffTimeout, 50*time.Millisecond)
			r := &specTest{t: t, h: newLocalServer(t, s.engine, s.tcfg, s.store), ann: ann, bob: bob}
			for _, c := range []*specClient{ann, bob} {
				c.t, c.test = t, r
				c.do("reset", nil, nil)
			}
			s.holds(r)
			for _, c := range []*specClient{ann, bob} {
				c.mustConform()
			}
		})
	}
	ann.t, bob.t = t, t
}

func newSpecClient(t *testing.T, name string) *specClient {
	t.Helper()
	return &specClient{client: newClientOf(t, name, "spec.mjs"), id: "id-" + name}
}

// token returns a token for a user.
func (r *specTest) token(id string, access auth.Access, roles ...string) string {
	r.t.Helper()
	s := auth.Session{Identity: engine.Identity{ID: id, Name: "Name of " + id}, Roles: roles}
	switch access {
	case auth.View:
		s.Grants = auth.Grants{auth.AnyRecord: access}
	case "":
		s.Grants = auth.Grants{}
	}
	token, err := r.h.keys.Sign(localSecret, s, time.Hour)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

// connect opens the record abc123 as an editor; more overrides the arguments.
func (c *specClient) connect(more args) {
	c.t.Helper()
	a := args{"url": "ws://" + c.test.h.addr + "/realtime/records", "record": "abc123"}
	for k, v := range more {
		a[k] = v
	}
	if a["token"] == nil {
		a["token"] = c.test.token(c.id, auth.Edit)
	}
	c.do("connect", a, nil)
}

// joins connects, and returns the state of the room.
func (c *specClient) joins(more args) specMessage {
	c.t.Helper()
	c.connect(more)
	return c.awaitMessage(args{"type": "control", "event": "room_state"})
}

// meet makes both join.
func (r *specTest) meet() {
	r.t.Helper()
	r.ann.joins(nil)
	r.bob.joins(nil)
}

// awaitMessage waits for a message that matches all of pattern, and returns the first.
func (c *specClient) awaitMessage(pattern args) specMessage {
	c.t.Helper()
	return c.awaitMessages(1, pattern)[0]
}

func (c *specClient) awaitMessages(count int, pattern args) (found []specMessage) {
	c.t.Helper()
	c.do("got", args{"pattern": pattern, "count": count, "deadline": patience.Milliseconds()}, &found)
	return found
}

func (c *specClient) sends(message args) {
	c.t.Helper()
	c.do("send", args{"message": message}, nil)
}

func (c *specClient) showsText(text string) {
	c.t.Helper()
	c.wait(args{"text": text})
}

// specStatus describes the past and present of a client.
type specStatus struct {
	Version  int
	Count    int // number of messages
	Longest  int // longest frame, in bytes
	Strays   []string
	Closed   *closed
	Text     string
	Problems []string
	Messages []specMessage
}

func (c *specClient) status() (st specStatus) {
	c.t.Helper()
	c.do("status", nil, &st)
	return st
}

// mustConform checks that the client was sent only messages in a form of the specification.
func (c *specClient) mustConform() {
	c.t.Helper()
	if st := c.status(); len(st.Strays)+len(st.Problems) > 0 {
		c.t.Errorf("client %s was sent %q, complains of %q", c.name, st.Strays, st.Problems)
	}
}

// mustBeClosed waits for the end of the connection, which an error must have announced.
func (c *specClient) mustBeClosed(code string) specMessage {
	c.t.Helper()
	c.wait(args{"closed": true})
	return c.awaitMessage(args{"type": "control", "event": "error", "error": args{"code": code}})
}

func (r *specTest) mustLog(text string) {
	r.t.Helper()
	if !r.h.log.Until(patience, func(log string) bool { return containsFold(log, text) }) {
		r.t.Errorf("the log does not say %q:\n%s", text, r.h.log.Tail(20))
	}
}
