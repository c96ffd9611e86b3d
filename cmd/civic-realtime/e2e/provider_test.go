package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// ownProviders are the versions of our own provider, with awareness, as pages use it.
var ownProviders = []string{"provider-json", "provider-msgpack"}

// ownProtocols are the names of their protocols.
var ownProtocols = []string{"civicpress.v1.json", "civicpress.v1.msgpack"}

// TestProvider shows that our own provider in each protocol, y-websocket and a client that knows no
// awareness write one document, and see each other once, under the names of their tokens, with
// their carets.
func TestProvider(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "charter")
	pia, paul := p.newClient("pia", "provider-json"), p.newClient("paul", "provider-msgpack")
	yve, jane := p.newClient("yve", 3), p.newClient("jane", "json")
	all := []*client{pia, paul, yve, jane}
	for _, c := range []*client{pia, paul} {
		c.do("presence", args{"state": args{"user": args{"name": "Impostor"}}}, nil)
	}
	editAll(all, 60, newSeed(t))
	converge(t, all...)
	pia.types([]any{0, 0, "0123456789"})
	converge(t, all...)
	for i, c := range all {
		c.do("point", args{"at": i + 2}, nil)
	}
	for _, c := range all {
		c.sees("pia@2", "paul@3", "yve@4", "jane@5")
	}
	paul.do("disconnect", nil, nil)
	pia.sees("yve@4", "jane@5")
	yve.sees("pia@2", "jane@5")
	paul.writes("while away ") // shifts the carets by 11
	paul.do("reconnect", nil, nil)
	converge(t, all...)
	for _, c := range all {
		c.sees("pia@13", "paul@14", "yve@15", "jane@16")
		c.mustBeSound()
	}
}

// TestProviderUnsaved shows that what a provider counts as saved survives when the server is killed
// at that moment, and that what it counts as unsaved arrives when the server is back.
func TestProviderUnsaved(t *testing.T) {
	t.Parallel()
	for _, version := range ownProviders {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			c := join(t, s, "minutes", "writer", version)
			for _, text := range []string{"first ", "second ", "third "} {
				c.writes(text)
				c.wait(args{"saved": true})
				s.kill()
				c.wait(args{"connected": false})
				s = s.restart()
				c.wait(args{"synced": true})
				join(t, s, "minutes", "reader", 3).wait(args{"shows": []string{text}})
			}
			s.kill()
			c.wait(args{"connected": false})
			c.writes("offline ")
			c.wait(args{"saved": false})
			s = s.restart()
			c.wait(args{"saved": true})
			join(t, s, "minutes", "late", 3).wait(args{"shows": []string{"offline third second first "}})
			c.mustBeSound()
		})
	}
}

// backend is the page's own: it makes tokens.
type backend struct {
	*tokenRoom
	ttl   time.Duration
	asked atomic.Int32
}

func (b *backend) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	b.asked.Add(1)
	_ = json.NewEncoder(w).Encode(args{"token": b.sign("Ann", b.ttl)})
}

// TestProviderRenewsTokens shows that a provider whose tokens end soon renews them over one
// connection.
func TestProviderRenewsTokens(t *testing.T) {
	t.Parallel()
	for _, version := range ownProviders {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			b := &backend{tokenRoom: newPunctualRoom(t), ttl: 8 * time.Second}
			site := httptest.NewServer(b)
			t.Cleanup(site.Close)
			c := newClient(t, "Ann")
			c.openWith(b.s, b.room, args{"version": version, "tokenURL": site.URL})
			c.wait(args{"renewals": 3}) // the last when the first token has ended
			c.mustBeUndisturbed()
			if n := b.asked.Load(); n < 4 {
				t.Errorf("the backend made %d tokens", n)
			}
		})
	}
}

// TestProviderRights shows that a provider knows whether its user may write, keeps what was
// refused, and sends it when the user may write.
func TestProviderRights(t *testing.T) {
	t.Parallel()
	for _, version := range ownProviders {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			p := newTokenRoom(t, "by-law-9")
			c, reader := newClient(t, "Ann"), p.newClient("Bob", 3)
			c.openWith(p.s, p.room, args{"version": version, "params": args{"token": p.token("Ann", "--record", p.room, "--access", "view")}})
			c.wait(args{"readOnly": true})
			c.writes("refused at first")
			c.wait(args{"failure": "PERMISSION_DENIED", "saved": false})
			c.do("renew", args{"token": p.token("Ann")}, nil)
			c.wait(args{"readOnly": false, "saved": true})
			reader.wait(args{"shows": []string{"refused at first"}})
			c.do("renew", args{"token": p.token("Ann", "--record", p.room, "--access", "view")}, nil)
			c.wait(args{"readOnly": true})
		})
	}
}

// TestProviderSendsParts shows that a long document that was written offline is sent in parts, and
// arrives whole, as it does at a provider that joins.
func TestProviderSendsParts(t *testing.T) {
	t.Parallel()
	for i, version := range ownProviders {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			c := join(t, s, "archive", "writer", version)
			c.do("disconnect", nil, nil)
			c.do("fill", args{"bytes": 3 << 20}, nil)
			before := updates(s, i)
			c.do("reconnect", nil, nil)
			c.wait(args{"saved": true})
			if n := updates(s, i) - before; n < 6 {
				t.Errorf("%v messages", n)
			}
			converge(t, c, join(t, s, "archive", "reader", 3), join(t, s, "archive", "other", ownProviders[1-i]))
			c.mustBeSound()
		})
	}
}

// updates returns the number of updates that a server has received from a version of our own
// provider.
func updates(s *server, version int) float64 {
	s.t.Helper()
	return s.metric(`realtime_received_messages_total{protocol="` + ownProtocols[version] + `",kind="update"}`)
}
