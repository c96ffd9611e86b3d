package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
)

// leaser is the store of a node, which takes the leases of rooms.
type leaser struct {
	*persist.Memory
	view
	may chan struct{} // closed when leases may be taken
}

// elsewhereError says that another node has a room.
type elsewhereError struct{}

func (elsewhereError) Error() string  { return "another node has the room" }
func (elsewhereError) NotOwner() bool { return true }

func (l *leaser) Lease(ctx context.Context, room string) error {
	select {
	case <-l.may:
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.of[room]; at != "" && at != l.self {
		return elsewhereError{}
	}
	l.of[room] = l.self
	return nil
}

func (l *leaser) Release(_ context.Context, room string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of[room] == l.self {
		delete(l.of, room)
	}
	return nil
}

func (l *leaser) VersionFloor(string) uint64 { return 0 }

// newLeasers starts servers that know each other, and take the leases of rooms once leases may be
// taken.
func newLeasers(t *testing.T, n int, options ...option) (all []*node, may func()) {
	open := make(chan struct{})
	leases := func(s *setup) {
		l := &leaser{Memory: persist.NewMemory(), may: open}
		s.store, s.before = l, func(s *Server) { l.view = s.cfg().Owners.(view) }
	}
	may = sync.OnceFunc(func() { close(open) })
	all = newNodes(t, n, append(options, leases)...)
	t.Cleanup(may)
	return all, may
}

// TestFirstClientsTogether shows that of two nodes whose first clients of a room come when nobody
// has it, one takes it, and the other hands its client on, which notices nothing.
func TestFirstClientsTogether(t *testing.T) {
	all, may := newLeasers(t, 2)
	var clients []*client
	for _, n := range all {
		c := connect(t, n.world)
		c.write([]byte(request("/realtime/records/a")))
		clients = append(clients, c)
	}
	all[0].until("both have found that nobody has the room", func() bool {
		return all[0].shared.timesAsked() >= 2
	})
	may()
	for _, c := range clients {
		c.readAnswer()
		c.receive(protocol.SyncRequest)
	}
	clients[0].send(gws.OpcodeBinary, typed(1, 10))
	clients[1].receiveUpdates(10)
	owner, other := all[0], all[1]
	if owner.shared.at(sharedRoom) == other.peer {
		owner, other = other, owner
	}
	owner.mustCount("realtime_connections_from_nodes_total", 1)
	other.mustCount("realtime_connections_handed_on_total", 1)
	if owner.conns.size() != 2 || other.conns.size() != 0 {
		t.Errorf("%d and %d clients are served", owner.conns.size(), other.conns.size())
	}
	if n, _, _ := other.connLimits.Len(); n != 1 {
		t.Errorf("%d connections are counted", n)
	}
}

// TestRefusedClientTakesNoRoom shows that a client takes no room for its node unless it may join
// it: its token is not valid, or it has too many connections, or it is banned.
func TestRefusedClientTakesNoRoom(t *testing.T) {
	all, may := newLeasers(t, 1, withAuth(&prefixAuth{}), with(Config{ConnectionsPerUser: 1}))
	here := all[0]
	may()
	if err := here.engine.Ban(t.Context(), "good2", time.Now().Add(time.Hour), "", ""); err != nil {
		t.Fatal(err)
	}
	dial(t, here.world, "/realtime/records/a?token=good1").receive(protocol.SyncRequest)
	for token, why := range map[string]engine.CloseCode{
		"dead": engine.CloseAuthFailed, "good1": engine.CloseTooMany, "good2": engine.CloseForbidden,
	} {
		dial(t, here.world, "/realtime/records/b?token="+token).mustCloseOnly(why)
		if here.shared.at("record:b") != "" || here.engine.Leased(roomkey.MustParse("record:b")) {
			t.Errorf("%s has taken the room", token)
		}
	}
	dial(t, here.world, "/realtime/records/b?token=good3").receive(protocol.SyncRequest)
	if here.shared.at("record:b") != here.peer {
		t.Error("the room is not taken")
	}
}

// TestHeldUntilRoomIsTaken shows that a client is held while the lease of its room cannot be taken,
// and that its token is checked again then: it may have been revoked meanwhile.
func TestHeldUntilRoomIsTaken(t *testing.T) {
	var revoked atomic.Bool
	all, may := newLeasers(t, 1, withAuth(authFunc(func(_ context.Context, token string) (engine.Identity, error) {
		if token == "bad" && revoked.Load() {
			return engine.Identity{}, refusedToken("it was revoked")
		}
		return engine.Identity{ID: token}, nil
	})))
	here := all[0]
	var clients []*client
	for _, token := range []string{"good", "bad"} {
		c := connect(t, here.world)
		c.write([]byte(request("/realtime/records/" + token + "?token=" + token)))
		clients = append(clients, c)
	}
	here.until("both are held", func() bool { return here.holds.Len() == 2 })
	revoked.Store(true)
	may()
	for _, c := range clients {
		c.readAnswer()
	}
	clients[0].receive(protocol.SyncRequest)
	clients[1].mustClose(engine.CloseAuthFailed, "it was revoked")
	here.mustCount(`realtime_holds_ended_total{result="served"}`, 2)
}

// TestSlowTokenCheck shows that a client whose token takes long to check is answered before that,
// and joins its room then.
func TestSlowTokenCheck(t *testing.T) {
	released := make(chan struct{})
	all, may := newLeasers(t, 1, withAuth(authFunc(func(ctx context.Context, _ string) (engine.Identity, error) {
		select {
		case <-released:
			return engine.Identity{ID: "ann"}, nil
		case <-ctx.Done():
			return engine.Identity{}, ctx.Err()
		}
	})))
	may()
	c := dial(t, all[0].world, "/realtime/records/a")
	if all[0].shared.at(sharedRoom) != "" {
		t.Error("the room is taken for a client that nobody knows")
	}
	close(released)
	c.receive(protocol.SyncRequest)
}
