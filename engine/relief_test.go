package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestEvictIdle shows that rooms without peers are unloaded before their time, the oldest first, up
// to the number that is asked for; that rooms with peers stay; and that the text is there again.
func TestEvictIdle(t *testing.T) {
	inWorld(t, Config{Grace: time.Hour}, func(w *world) {
		held, author := w.joinSynced("record:held"), uint64(0)
		for _, name := range []string{"record:oldest", "record:older", "record:newest"} {
			c := w.joinSynced(name)
			c.types(0, "text")
			if name == "record:oldest" {
				author = c.id
			}
			pass(time.Second)
			c.Leave()
			pass(time.Second)
		}
		loaded := func() (names []string) {
			for _, name := range []string{"record:held", "record:oldest", "record:older", "record:newest"} {
				if w.roomMap.find(roomkey.MustParse(name)) != nil {
					names = append(names, name)
				}
			}
			return names
		}
		if n := w.EvictIdle(2); n != 2 {
			t.Errorf("%d rooms are evicted", n)
		}
		if n := w.EvictIdle(0); n != 0 {
			t.Errorf("%d rooms are evicted of none", n)
		}
		pass(time.Minute)
		if got := loaded(); len(got) != 2 || got[0] != "record:held" || got[1] != "record:newest" {
			t.Errorf("%q are loaded", got)
		}
		if n := w.EvictIdle(100); n != 1 {
			t.Errorf("%d rooms are evicted", n)
		}
		if again := w.EvictIdle(100); again != 0 {
			t.Errorf("%d rooms are evicted twice", again)
		}
		pass(time.Minute)
		if got := loaded(); len(got) != 1 {
			t.Errorf("%q are loaded", got)
		}
		back := w.joinSynced("record:oldest")
		if clock := back.room.doc.Clock(author); clock != uint64(len("text")) {
			t.Errorf("%d letters are there again", clock)
		}
		held.types(0, "still here")
	})
}

// TestRefuseRooms shows that rooms that are not loaded are refused with CloseUnavailable and
// counted, while those that are loaded take joins; and that it ends.
func TestRefuseRooms(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.joinSynced("record:loaded")
		w.RefuseRooms(true)
		w.joinSynced("record:loaded")
		_, err := w.Join(context.Background(), roomkey.MustParse("record:other"), new(memConn), protocol.YWebsocket{}, Identity{})
		var closed *CloseError
		if !errors.As(err, &closed) || closed.Code != CloseUnavailable {
			t.Errorf("%v", err)
		}
		if got := w.metric("realtime_rooms_refused_total"); got != 1 {
			t.Errorf("%v are counted", got)
		}
		w.RefuseRooms(false)
		w.joinSynced("record:other")
	})
}
