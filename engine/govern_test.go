package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Lock locks or unlocks a room, and returns when its peers know.
func (w *world) Lock(room roomkey.Key, locked bool) {
	w.t.Helper()
	if err := w.Engine.Lock(context.Background(), room, locked, "ann"); err != nil {
		w.t.Error(err)
	}
	settle()
}

// TestLock shows that nobody may write in a locked room, that clients are sent the reason and
// changes of the lock, and that refused updates are requested when the room is unlocked.
func TestLock(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.Lock(roomkey.MustParse("r"), true)
		a, y := w.joinJSON("r", ann), w.joinSynced("r")
		pass(time.Second)
		if got := a.conn.take(); !got[0].Room.ReadOnly {
			t.Error("the room state is not read-only")
		}
		a.types(1, 0, "x")
		if got := a.wantMessages("a native client", "control/error")[0]; got.Error.Code != protocol.CodeRoomLocked {
			t.Errorf("%+v", got)
		}
		y.types(0, "x")
		settle()
		if got := y.conn.take(); len(got) != 1 || got[0].Kind != protocol.Failure || got[0].Text != "record is locked" {
			t.Errorf("%+v", got)
		}
		if a.room.version != 0 {
			t.Error("a refused update was merged")
		}
		w.Lock(roomkey.MustParse("r"), false)
		a.wantMessages("unlocked, and asked for the refused update", "control/notice", "control/access", "control/room_state")
		y.wantMessages("is asked too", protocol.SyncRequest)
		a.types(1, 0, "x")
		a.wantMessages("then", "control/ack")
		y.sends(protocol.SyncReply, typed(y.id, 0, "x"))
		pass(time.Second)
		if y.conn.take(); len(y.conn.stateVector()) != 2 {
			t.Error("the refused update was not merged")
		}
		a.conn.take()
		w.Lock(roomkey.MustParse("r"), true)
		w.Lock(roomkey.MustParse("r"), true)
		a.wantAccess("locked once", "record is locked", true)
		a.Become(Identity{ID: "ann", ReadOnly: true})
		a.wantAccess("a viewer", "you may only read from now on", true)
		w.Lock(roomkey.MustParse("r"), false)
		a.wantAccess("unlocked for others", "record is open again", true)
	})
}

// TestKick shows that Kick closes all connections of a user in a room, and no others.
func TestKick(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, again := w.joinJSON("r", ann), w.joinJSON("r", bob), w.joinJSON("r", bob)
		for room, want := range map[string]int{"r": 2, "nowhere": 0} {
			n, err := w.Kick(context.Background(), roomkey.MustParse(room), "bob", "ann")
			if n != want || err != nil {
				t.Errorf("%s: %d kicked: %v", room, n, err)
			}
		}
		settle()
		for _, c := range []*native{b, again} {
			if c.conn.why != errKicked {
				t.Errorf("closed with %v", c.conn.why)
			}
			c.Leave()
		}
		if a.conn.why != nil {
			t.Errorf("another user was closed with %v", a.conn.why)
		}
	})
}

// TestBecome shows that a peer that is made read-only, and later an editor again, is sent one
// notice of each and asked for its refused updates.
func TestBecome(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, y := w.joinJSON("r", ann), w.joinSynced("r")
		pass(time.Second)
		a.conn.take()
		for _, p := range []*Peer{a.Peer, y.Peer} {
			demoted := p.Identity()
			demoted.ReadOnly, demoted.Credential = true, "secret"
			p.Become(demoted)
			p.Become(demoted)
			settle()
			if got := p.Identity(); got != demoted {
				t.Errorf("%+v", got)
			}
		}
		if got := a.wantMessages("once", "control/notice", "control/access"); got[0].Notice.Level != protocol.Info || got[0].Notice.Message != "you may only read from now on" || !got[1].ReadOnly {
			t.Errorf("%+v", got)
		}
		a.types(1, 0, "x")
		if got := a.wantMessages("refused", "control/error")[0]; got.Error.Code != protocol.CodePermissionDenied {
			t.Errorf("%+v", got)
		}
		y.types(0, "x")
		settle()
		if got := y.conn.take(); len(got) != 1 || got[0].Kind != protocol.Failure || got[0].Text != "read-only" {
			t.Errorf("%+v", got)
		}
		if a.room.version != 0 {
			t.Error("a refused update was merged")
		}
		a.Become(ann)
		if got := a.wantMessages("an editor again, and asked for the refused update", "control/notice", "control/access", "control/room_state"); got[1].ReadOnly {
			t.Errorf("%+v", got[1])
		}
		a.types(1, 0, "x")
		a.wantMessages("merged", "control/ack")
		y.conn.take()
		y.Become(Identity{})
		settle()
		y.wantMessages("it is asked too", protocol.SyncRequest)
		y.sends(protocol.SyncReply, typed(y.id, 0, "x"))
		pass(time.Second)
		if y.conn.take(); len(y.conn.stateVector()) != 2 {
			t.Error("the refused update was not merged")
		}
		a.Leave()
		a.Become(Identity{ReadOnly: true})
	})
}

// TestSwitch shows that a silent client that turns out to speak y-websocket becomes a y-websocket
// peer.
func TestSwitch(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		conn := new(memConn)
		conn.discards = true // memConn does not decode JSON
		p, err := w.Join(context.Background(), roomkey.MustParse("r"), conn, protocol.JSON{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		a := w.joinJSON("r", bob)
		pass(time.Second)
		a.conn.take()
		conn.discards = false
		p.Switch(protocol.YWebsocket{})
		p.Switch(protocol.YWebsocket{})
		settle()
		c := &client{p, conn, w}
		c.wantMessages("the welcome, and its synthetic state removed", protocol.SyncRequest, protocol.Awareness, protocol.Awareness)
		pass(time.Second)
		c.conn.take()
		c.types(0, "x")
		settle()
		c.wantMessages("its echo", protocol.Update)
		pass(time.Second)
		p.Leave()
		pass(time.Second)
		if a.room.presence.Len() != 1 {
			t.Errorf("%d are present", a.room.presence.Len())
		}
	})
}

// TestRoomLimits shows that a peer above Config.PeersPerRoom, and a room above Config.Rooms, is
// refused.
func TestRoomLimits(t *testing.T) {
	inWorld(t, Config{Rooms: 2, PeersPerRoom: 2}, func(w *world) {
		a, b, other := w.join("r"), w.join("r"), w.join("s")
		refused := func(room string, want error) {
			t.Helper()
			if _, err := w.Join(context.Background(), roomkey.MustParse(room), new(memConn), protocol.YWebsocket{}, Identity{}); !errors.Is(err, want) {
				t.Errorf("%s: %v", room, err)
			}
		}
		refused("r", errRoomFull)
		refused("t", errMaxRooms)
		a.Leave()
		w.join("r")
		refused("r", errRoomFull)
		other.Leave()
		w.join("t")
		refused("s", errMaxRooms)
		b.Leave()
		if w.metrics.roomFull.Get() != 2 || w.metrics.maxRooms.Get() != 2 {
			t.Error("not counted")
		}
	})
}

// TestDocumentToSplit shows that peers get one notice that a document is large, and one that it
// should be split; only the latter if it grows beyond both bounds at once.
func TestDocumentToSplit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		grow := func(room string, sizes ...int) (notices []string) {
			a, clock := w.joinJSON(room, ann), 0
			for _, n := range sizes {
				a.types(1, uint64(clock), string(make([]byte, n)))
				clock += n
				pass(time.Second)
			}
			for _, m := range a.conn.take() {
				if m.name() == "control/notice" {
					notices = append(notices, m.Notice.Level+": "+m.Notice.Message)
				}
			}
			return notices
		}
		const large, split = "warning: document is large", "warning: document is very large: consider splitting it"
		for room, test := range map[string]struct {
			sizes   []int
			notices []string
		}{
			"small":   {[]int{400_000}, nil},
			"large":   {[]int{600_000, 100, 100}, []string{large}},
			"larger":  {[]int{600_000, 440_000, 20_000, 100, 100}, []string{large, split}},
			"at once": {[]int{1_100_000, 100}, []string{split}},
		} {
			if notices := grow(room, test.sizes...); !slices.Equal(notices, test.notices) {
				t.Errorf("%s: %q, want %q", room, notices, test.notices)
			}
		}
		if w.metrics.large.Get() != 2 || w.metrics.veryLarge.Get() != 2 {
			t.Errorf("%d large, %d very large", w.metrics.large.Get(), w.metrics.veryLarge.Get())
		}
	})
}

// TestDocumentLimit shows that a document that is too large may shrink, and not grow.
func TestDocumentLimit(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 10_000, DocumentWarnBytes: 5000}, func(w *world) {
		a := w.joinJSON("r", ann)
		pass(time.Second)
		a.conn.take()
		long := string(make([]byte, 6000))
		a.types(1, 0, long)
		got := a.wantMessages("a large one", "control/notice", "control/ack")
		if got[0].Notice.Level != protocol.Warning || w.metrics.large.Get() != 1 {
			t.Errorf("%+v, %d counted", got[0], w.metrics.large.Get())
		}
		pass(time.Second)
		a.types(1, 6000, long)
		if got := a.wantMessages("too large", "control/error")[0]; got.Error.Code != protocol.CodeDocumentTooLarge {
			t.Errorf("%+v", got)
		}
		a.types(1, 0, long)
		a.wantMessages("nothing new", "control/ack")
		y := w.joinSynced("r")
		y.sends(protocol.Update, deleted(1, 0, 5000))
		settle()
		y.wantMessages("deleting", protocol.Update)
		if w.metrics.denials[ErrDocumentTooLarge].Get() != 1 {
			t.Error("not counted")
		}
	})
}
