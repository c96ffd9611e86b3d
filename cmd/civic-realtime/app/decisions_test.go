package app

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestLocksAndBansOutliveRestart shows that a server that starts knows the locks and bans that were
// made in an earlier one with the same data directory.
func TestLocksAndBansOutliveRestart(t *testing.T) {
	c, err := parse(t, "", "--dev")
	if err != nil {
		t.Fatal(err)
	}
	ctx, dir, room := context.Background(), t.TempDir(), roomkey.MustParse("record:a")
	for _, first := range []bool{true, false} {
		s, err := New(c, io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.open(t.Context(), dir, func() error { return nil }, false)
		if err != nil {
			t.Fatal(err)
		}
		if first {
			until := time.Now().Add(time.Hour)
			err = errors.Join(p.engine.Lock(ctx, room, true, "root"),
				p.engine.Ban(ctx, "ann", until, "", "root"))
		} else if n := len(p.engine.Locks()); n != 1 || p.engine.Banned("ann") == nil {
			t.Errorf("%d rooms are locked; banned: %v", n, p.engine.Banned("ann"))
		}
		if err := errors.Join(err, p.engine.Drain(ctx), p.store.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
