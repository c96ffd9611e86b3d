package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestReloadDecisions shows that locks and bans which another engine over the same store has made
// or lifted take effect, in loaded rooms too; that bans are new once; and that a store that fails
// lifts none.
func TestReloadDecisions(t *testing.T) {
	inDecisionWorld(t, Config{}, func(w *world, s *decisionStore, _ func()) {
		w.Lock(roomkey.MustParse("was"), true)
		a := w.joinSynced("r")
		lock := Decision{Kind: decisionLock, Subject: "r", By: "other", Made: time.Now()}
		ban := Decision{Kind: decisionBan, Subject: "bob", Until: time.Now().Add(time.Hour)}
		old := Decision{Kind: decisionLock, Subject: "was"}
		change := func(put, drop []Decision) (banned []Decision) {
			t.Helper()
			if err := s.ChangeDecisions(context.Background(), put, drop); err != nil {
				t.Fatal(err)
			}
			banned, err := w.ReloadDecisions(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return banned
		}
		if banned := change([]Decision{lock, ban}, []Decision{old}); len(banned) != 1 || banned[0] != ban {
			t.Errorf("%+v", banned)
		}
		if locks := w.Locks(); len(locks) != 1 || locks[0] != lock || w.joinError("s", "bob") == nil {
			t.Errorf("%+v; %v", locks, w.joinError("s", "bob"))
		}
		if a.types(0, "x"); a.room.version != 0 {
			t.Error("the room is not locked")
		}
		if banned := change(nil, nil); len(banned) != 0 {
			t.Errorf("%+v is not new", banned)
		}
		s.failure = errors.New("Redis is away")
		if _, err := w.ReloadDecisions(context.Background()); err == nil || len(w.Locks()) != 1 {
			t.Errorf("%v, %+v", err, w.Locks())
		}
		s.failure = nil
		change(nil, []Decision{lock, ban})
		if a.types(0, "y"); a.room.version == 0 || w.joinError("s", "bob") != nil {
			t.Errorf("the room is locked, or the user kept out: %v", w.joinError("s", "bob"))
		}
	})
}
