package nodestore

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestLeaseLostWhileLoading shows that a room whose lease is lost while it is being loaded does not
// stay on this node.
func TestLeaseLostWhileLoading(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	b.open("r")
	b.write("r", a0)
	b.close("r")
	a.client.loading = func() {
		a.client.loading = nil
		lease, _ := a.Lease("r")
		w.takeLease("r", b)
		b.open("r")
		a.Refused(lease)
	}
	a.open("r")
	a.client.loading = nil
	a.run()
	if a.gone["r"] != 1 {
		t.Errorf("it was disowned %d times", a.gone["r"])
	}
	if err := a.append("r", rowOf(b0)); err == nil {
		t.Error("a row is accepted")
	}
	a.run()
	b.Holder().LateWaits("r")
	b.run()
	w.mustHave("the other node", b.docs["r"].state, a0, b0)
}

// TestReleaseOfBusyRoom shows that the lease of a room on which work takes too long is given up all
// the same, unless nobody waits for that, and that what is unsent is offered when the work ends.
func TestReleaseOfBusyRoom(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	a.write("r", a1)
	r := a.room("r")
	if err := r.lock.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Store.Release(ended, "r"); !errors.Is(err, context.Canceled) {
		t.Errorf("Release: %v", err)
	}
	if _, has := a.Lease("r"); !has {
		t.Error("Redis was called though nobody waits for that any more")
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if err := a.Store.Release(late, "r"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Release: %v", err)
	}
	w.mustHave("the other node", b.open("r").state, a0)
	r.lock.release()
	a.run()
	b.Holder().LateWaits("r")
	b.run()
	w.mustHave("the other node", b.docs["r"].state, a0, a1)
}

// TestClaimsComeAfterRows shows that a draft is not claimed before Redis has the rows of the room,
// or its whole state.
func TestClaimsComeAfterRows(t *testing.T) {
	for _, outbox := range []int64{1, 1 << 20} {
		w := newWorld(t)
		a := w.start("", func(c *Config) { c.OutboxBytes = outbox })
		a.open("r")
		a.write("r", a0)
		a.client.setAway(true)
		made := &claimed{}
		if _, err := a.Claims(made).Claim(t.Context(), "r", "hash", 1); err == nil || made.n != 0 {
			t.Errorf("it is claimed while Redis is away: %v", err)
		}
		a.client.setAway(false)
		if _, err := a.Claims(made).Claim(t.Context(), "r", "hash", 1); err != nil || made.n != 1 {
			t.Errorf("it is claimed %d times: %v", made.n, err)
		}
		w.mustHave("Redis", w.inRedis(a, "r"), a0)
	}
}

// claimed counts claims.
type claimed struct {
	Claims
	n int
}

func (c *claimed) Claim(context.Context, string, string, uint64) (deadline time.Time, err error) {
	c.n++
	return deadline, nil
}
