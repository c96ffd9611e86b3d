package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// hocuspocusVersions are the versions of Hocuspocus' provider.
var hocuspocusVersions = []any{"hocuspocus-3", "hocuspocus-4"}

// eachHocuspocus runs a test for each version, in parallel.
func eachHocuspocus(t *testing.T, test func(t *testing.T, version any)) {
	t.Parallel()
	for _, version := range hocuspocusVersions {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			test(t, version)
		})
	}
}

// TestHocuspocusElsewhere shows that Hocuspocus' real provider is closed with the reason at once on
// the path of other protocols, whatever its document is called, and that the reason names its own.
func TestHocuspocusElsewhere(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, test := range []struct{ name, token string }{{"by-law-7", ""}, {"by-law-7", "secret"}, {"abc", ""}, {"a", "secret"}} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		out, err := nodeworker.Run(ctx, "hocuspocus.mjs", s.url()+"/by-law-7", test.name, test.token)
		if err != nil {
			t.Fatal(err)
		}
		var why struct {
			Code   int
			Reason string
		}
		if err := json.Unmarshal(out, &why); err != nil || why.Code != 4400 || !strings.Contains(why.Reason, "spoken at /hocuspocus") {
			t.Errorf("%+v: closed with %s", test, out)
		}
	}
}

// TestHocuspocusReadOnly shows that a provider whose token may only view gets that scope, sees what
// others write, and counts what it writes itself as not saved.
func TestHocuspocusReadOnly(t *testing.T) {
	eachHocuspocus(t, func(t *testing.T, version any) {
		p := newTokenRoom(t, "charter")
		ann := p.newClient("ann", 3)
		viewer := newClient(t, "viewer")
		viewer.openWith(p.s, p.room, args{"version": version, "params": args{"token": p.token("viewer", "--record", "*", "--access", "view")}})
		viewer.wait(args{"scopes": []string{"readonly"}, "saved": true})
		ann.writes("<by ann>")
		viewer.shows("<by ann>")
		viewer.do("write", args{"text": "<by the viewer>"}, nil)
		viewer.wait(args{"saved": false})
		ann.writes("<by ann again>")
		viewer.shows("<by ann again>")
		if ann.wait(args{"lacks": []string{"<by the viewer>"}}); viewer.status().Unsaved != 1 {
			t.Errorf("%d are not saved", viewer.status().Unsaved)
		}
		viewer.mustHaveStayed()
	})
}

// TestHocuspocusRefused shows that a provider with a token that is not valid is told the reason,
// that its connection stays, and that with another token it gets the document and its edits arrive.
func TestHocuspocusRefused(t *testing.T) {
	eachHocuspocus(t, func(t *testing.T, version any) {
		p := newTokenRoom(t, "charter")
		ann := p.newClient("ann", 3)
		ann.writes("<by ann>")
		c := newClient(t, "refused")
		c.do("open", args{"url": p.s.url(), "room": p.room, "version": version, "params": args{"token": "wrong"}}, nil)
		c.wait(args{"denials": 1})
		c.do("write", args{"text": "<meanwhile>"}, nil)
		c.do("renew", args{"token": p.token("refused")}, nil)
		c.wait(args{"scopes": []string{"read-write"}, "synced": true, "saved": true})
		c.shows("<by ann>", "<meanwhile>")
		ann.shows("<meanwhile>")
		if c.mustHaveStayed(); len(c.status().Denials) != 1 {
			t.Errorf("denied %q", c.status().Denials)
		}
	})
}

// TestHocuspocusToken shows that a provider is asked for a fresh token before its own ends, and
// stays with the document beyond that, on the same connection.
func TestHocuspocusToken(t *testing.T) {
	eachHocuspocus(t, func(t *testing.T, version any) {
		h := newLocalServer(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		c, other, at := newClient(t, "ann"), newClient(t, "other"), &server{t: t, addr: h.addr}
		tokens := []string{h.token(auth.Edit, 20*time.Second), h.token(auth.Edit, time.Hour)}
		c.do("open", args{"url": at.url(), "room": room, "version": version, "params": args{"token": tokens}}, nil)
		c.wait(args{"synced": true, "saved": true})
		at.untilMetrics("it is renewed", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_sessions_renewed_total 1\n") })
		c.do("hold", args{"ms": 8_000}, nil) // it was asked 5 s before the end of its token
		h.connect(other, 2, nil)
		if c.mustReach(other); len(c.status().Ends)+len(c.status().Denials) > 0 {
			t.Errorf("%+v", c.status())
		}
	})
}

// TestHocuspocusAfterClose shows that a provider comes back after every close code in the table of
// errors of docs/protocol.md, those of its own among them.
func TestHocuspocusAfterClose(t *testing.T) {
	codes := docCloseCodes(t, protocolDoc(t))
	for _, code := range hocuspocusCodes {
		if !slices.Contains(codes, code) {
			t.Errorf("the table of errors lacks %d", code)
		}
	}
	eachHocuspocus(t, func(t *testing.T, version any) {
		closer, c := newClockedClient(t, "closer"), newClient(t, "closed")
		var url string
		closer.do("closer", nil, &url)
		for _, code := range codes {
			c.do("open", args{"url": url, "room": fmt.Sprint("close-", code), "version": version}, nil)
			c.wait(args{"closes": 2})
			if got := c.status().Closes[1].Code; got != code {
				t.Errorf("closed with %d, want %d", got, code)
			}
		}
	})
}

// TestHocuspocusSilence shows that a provider stays connected for as long as nobody does anything:
// it would close the connection after 30 s.
func TestHocuspocusSilence(t *testing.T) {
	eachHocuspocus(t, func(t *testing.T, version any) {
		s := start(t)
		c, other := newClient(t, "silent"), newClient(t, "other")
		c.openWith(s, "minutes", args{"version": version})
		c.do("presence", args{"state": nil}, nil)
		other.open(s, "minutes", 3)
		c.do("hold", args{"ms": 35_000}, nil)
		c.mustReach(other)
	})
}

// TestHocuspocusSaved shows that the count of changes that are not saved is 0 only when they are
// durable: nothing is acknowledged while the store does not answer, and after kill -9 at the moment
// when the count is 0 the server has everything.
func TestHocuspocusSaved(t *testing.T) {
	eachHocuspocus(t, func(t *testing.T, version any) {
		s := start(t)
		c, probe := newClient(t, "writer"), newClient(t, "probe")
		c.openWith(s, "minutes", args{"version": version})
		for i := range 5 {
			text := fmt.Sprintf("<%d>", i)
			c.do("write", args{"text": text}, nil)
			c.wait(args{"saved": true})
			s.kill()
			c.wait(args{"connected": false})
			other := startAt(t, freeAddr(t), s.dir)
			probe.open(other, "minutes", 3)
			probe.shows(text)
			other.kill()
			c.do("write", args{"text": fmt.Sprintf("<offline %d>", i)}, nil)
			s = s.restart()
			c.wait(args{"saved": true, "synced": true, "connected": true})
		}
		join(t, s, "minutes", "newcomer", 3).shows("<offline 4>", "<4>", "<offline 0>")
		c.mustBeSound()
	})
}

// TestHocuspocusAttachedTwice shows that a provider works that takes the place of another one
// before the connection is there, though the close of that is sent last.
func TestHocuspocusAttachedTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, version := range []string{"3", "4"} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		out, err := nodeworker.Run(ctx, "attached.mjs", s.url(), version)
		if err != nil || strings.TrimSpace(string(out)) != `{"has":true}` {
			t.Fatalf("%s: %s, %v", version, out, err)
		}
	}
}

// TestHocuspocusRestless shows that providers that are cut off, leave documents and come back at
// any moment, while they write and delete, have everything saved, and the same everywhere, in the
// end.
func TestHocuspocusRestless(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := nodeworker.Run(ctx, "restless.mjs", s.url(), fmt.Sprint(newSeed(t)), "8")
	if err != nil || strings.TrimSpace(string(out)) != "saved and the same" {
		t.Fatalf("%s, %v", out, err)
	}
}

// TestHocuspocusStore shows that nothing is acknowledged before the store has it.
func TestHocuspocusStore(t *testing.T) {
	eachHocuspocus(t, func(t *testing.T, version any) {
		store := &gatedStore{Memory: persist.NewMemory()}
		h := newLocalServer(t, engine.Config{}, transport.Config{}, store)
		c := newClient(t, "writer")
		h.connect(c, version, nil)
		c.wait(args{"saved": true})
		gate := make(chan struct{})
		store.gate.Store(&gate)
		c.do("write", args{"text": "<waits>"}, nil)
		c.do("hold", args{"ms": 1500}, nil)
		if n := c.status().Unsaved; n != 1 {
			t.Errorf("%d are not saved", n)
		}
		close(gate)
		c.wait(args{"saved": true})
		if counts := c.status().Counts; slices.Min(counts[len(counts)-2:]) != 0 {
			t.Errorf("counts %v", counts)
		}
	})
}

// gatedStore is a store whose Append waits for a gate.
type gatedStore struct {
	*persist.Memory
	gate atomic.Pointer[chan struct{}]
}

func (s *gatedStore) Append(ctx context.Context, rows []engine.Row) error {
	if gate := s.gate.Load(); gate != nil {
		<-*gate
	}
	return s.Memory.Append(ctx, rows)
}

// TestHocuspocusTwenty shows that 20 documents on one connection are opened, written and saved,
// with and without sessions, beside clients of y-websocket, and that one that is refused holds up
// none.
func TestHocuspocusTwenty(t *testing.T) {
	t.Parallel()
	s := start(t)
	others := map[string]*client{}
	for _, room := range []string{"doc-0", "doc-19"} {
		others[room] = join(t, s, room, "other "+room, 3)
		others[room].writes("<before>")
	}
	for _, version := range []string{"3", "4", "4 with sessions"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		out, err := nodeworker.Run(ctx, "twenty.mjs", s.url(), version)
		if err != nil || strings.TrimSpace(string(out)) != `{"synced":20,"saved":20,"denied":["not a document's name"],"connects":1,"seen":20}` {
			t.Fatalf("%s: %s, %v", version, out, err)
		}
		for _, other := range others {
			other.shows("<before>", "<by "+version+">")
		}
	}
}
