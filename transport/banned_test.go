package transport

import (
	"context"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
)

// TestCloseBanned shows that a ban which another server has stored closes the connections of its
// user when it is read again, those to one room if it is for one room, and no others; and that the
// ids of connections begin where the configuration says; and that a server which shuts down has no
// connections that count elsewhere.
func TestCloseBanned(t *testing.T) {
	store := persist.NewMemory()
	w := newWorld(t, withAuth(testJWT), withStore(store), with(Config{FirstConnection: 1 << 32}))
	join := func(user, room string) *client {
		token := signToken(t, func(claims map[string]any) {
			setClaim("records", []any{recordEntry("a", "edit"), recordEntry("b", "edit")})(claims)
			setClaim("sub", user)(claims)
		})
		c := dial(t, w, "/realtime/records/"+room+"?token="+token)
		c.receive(protocol.SyncRequest)
		c.roundTrips(1)
		return c
	}
	ann, bob, other := join("ann", "a"), join("bob", "a"), join("bob", "b")
	w.until("all have joined", func() bool {
		all, _ := w.Connections(ConnectionQuery{User: "bob"})
		return len(all) == 2 && all[0].ID > 1<<32 && all[0].ID < 1<<32+10
	})
	end := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	bans := []engine.Decision{
		{Kind: "ban", Subject: "ann", Until: end, Reason: "go"},
		{Kind: "ban", Subject: "bob\nrecord:a", Until: end},
	}
	if err := store.ChangeDecisions(context.Background(), bans, nil); err != nil {
		t.Fatal(err)
	}
	banned, err := w.engine.ReloadDecisions(context.Background())
	if n := w.CloseBanned(banned); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	why := end.UTC().Format("kept out until 2006-01-02 15:04 UTC")
	ann.mustClose(engine.CloseForbidden, why+": go")
	bob.mustClose(engine.CloseForbidden, why)
	other.roundTrips(1)
	w.until("one connection is left", func() bool {
		_, users := w.Counts()
		return len(users) == 1 && users["bob"] == 1
	})
	w.Drain()
	if _, users := w.Counts(); len(users) > 0 {
		t.Errorf("a server that shuts down announces %v", users)
	}
}
