package nodestore

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// claimer makes claims as a cluster.Node does, which has the lease.
type claimer struct{ n *node }

func (c claimer) Claim(ctx context.Context, room, hash string, version uint64) (time.Time, error) {
	lease, _ := c.n.Lease(room)
	return time.Time{}, c.n.client.Claim(ctx, lease, hash, version)
}

func (c claimer) Claimed(ctx context.Context, room string) ([]string, error) {
	return c.n.client.Claimed(ctx, room)
}

func (claimer) Confirm(context.Context, string) error { return nil }

// mustBeClaimed checks that Redis knows a claim.
func (n *node) mustBeClaimed(room, hash string) {
	n.w.Helper()
	if claimed, err := n.client.Claimed(n.w.Context(), room); err != nil || !slices.Contains(claimed, hash) {
		n.w.Errorf("the claim %s is gone, %v", hash, err)
	}
}

// TestClaimWhileRowsAreSent shows that a draft can be claimed at once although another call is just
// sending what Redis lacks of the room.
func TestClaimWhileRowsAreSent(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	claims := a.Claims(claimer{a})
	a.open("r")
	for i := range 50 {
		a.write("r", typed{client: 1, clock: byte(i)})
		sending, sent := make(chan struct{}), make(chan error)
		a.client.fails = func(*cluster.FencedRow) error {
			close(sending)
			runtime.Gosched()
			return nil
		}
		go func() {
			_, err := a.send(t.Context())
			sent <- err
		}()
		<-sending
		if _, err := claims.Claim(t.Context(), "r", fmt.Sprint("draft", i), 1); err != nil {
			t.Fatalf("claim %d: %v", i, err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
}

// TestClaimsAreOffered shows that the last drafts of a room are known although Redis was emptied,
// and another node takes the room before the one that had it. What that has claimed since is newer.
func TestClaimsAreOffered(t *testing.T) {
	w := restartable(t)
	a, b := w.start(""), w.start("")
	claims := a.Claims(claimer{a})
	a.settle()
	b.settle()
	a.open("r")
	a.write("r", a0)
	for _, draft := range []string{"first", "second"} {
		if _, err := claims.Claim(t.Context(), "r", draft, 1); err != nil {
			t.Fatal(err)
		}
	}
	w.redis.Flush()
	if _, err := b.Take(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if _, err := (claimer{b}).Claim(t.Context(), "r", "third", 1); err != nil {
		t.Fatal(err)
	}
	a.settle()
	claimed, err := b.client.Claimed(t.Context(), "r")
	if err != nil || !slices.Equal(claimed, []string{"third", "second", "first"}) {
		t.Errorf("%q, %v", claimed, err)
	}
}

// TestClaimsArePutBack shows that Redis knows the last drafts of a room again after it has lost
// them: by a failover, or when it was emptied and the lease of the room is taken again. Claims that
// were made before another node had the room are not put back.
func TestClaimsArePutBack(t *testing.T) {
	w := restartable(t)
	a, b := w.start(""), w.start("")
	claims := a.Claims(claimer{a})
	a.settle()
	a.open("r")
	a.write("r", a0)
	for i := range 2 * maxClaims {
		if _, err := claims.Claim(t.Context(), "r", fmt.Sprint("draft", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	last := fmt.Sprint("draft", 2*maxClaims-1)
	w.redis.Do("DEL", "{civic}:claims:r")
	w.restart()
	a.settle()
	a.mustBeClaimed("r", last)

	w.redis.Flush()
	a.settle()
	a.run()
	if a.gone["r"] > 0 {
		t.Fatal("the room is gone")
	}
	a.mustBeClaimed("r", last)

	a.close("r")
	b.open("r")
	b.close("r")
	w.redis.Do("DEL", "{civic}:claims:r")
	a.open("r")
	w.restart()
	a.settle()
	if claimed, err := a.client.Claimed(t.Context(), "r"); err != nil || slices.Contains(claimed, last) {
		t.Errorf("an old claim is back, %v", err)
	}
}

const older = "a room went on without its newest updates"

// TestOlderCopyGoesOn shows what becomes of a room if Redis is emptied while its owner is cut off,
// and another node has an older copy of the same document: the room goes on with that, and has all
// of the owner's updates when the owner is back, which warns of it. Nothing becomes a version.
func TestOlderCopyGoesOn(t *testing.T) {
	w := newWorld(t)
	w.marker = 1
	var log bytes.Buffer
	a, c := w.start(""), w.start("")
	b := w.start("", func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, n := range w.nodes {
		n.settle()
	}
	a.open("r")
	a.write("r", a0)
	a.close("r")
	b.open("r")
	b.write("r", a1)
	b.run()
	w.redis.Flush()
	w.marker = 2
	a.settle()
	c.settle()
	w.mustHave("the room", c.open("r").state, a0)
	c.write("r", c0)
	c.run()

	if strings.Contains(log.String(), older) {
		t.Error("it is logged too early")
	}
	b.settle()
	b.run()
	if b.gone["r"] != 1 || strings.Count(log.String(), older) != 1 {
		t.Errorf("it was disowned %d times; the log is %s", b.gone["r"], log.String())
	}
	c.Holder().LateWaits("r")
	c.run()
	w.mustHave("the room", c.docs["r"].state, a0, a1, c0)
	if got := c.versions("r"); got != 0 {
		t.Errorf("%d versions were kept", got)
	}
}

// TestMarkIsOlder shows that nothing of the kind is logged of a room of which Redis has everything
// again, although the marks on the disk are of the time before Redis was emptied: the node may have
// been killed after it had put the room back.
func TestMarkIsOlder(t *testing.T) {
	w := newWorld(t)
	w.marker = 1
	var log bytes.Buffer
	a := w.start("")
	a.settle()
	a.open("r")
	a.write("r", a0)
	a.run()
	dir, before := a.kill(), t.TempDir()
	if err := os.CopyFS(before, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	w.redis.Flush()
	w.marker = 2
	a = w.start(dir)
	a.settle()
	a.open("r")
	a.run()
	b := w.start(before, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	b.settle()
	if b.count.spared.Get() != 1 || strings.Contains(log.String(), older) {
		t.Errorf("%d rooms were compared; the log is %s", b.count.spared.Get(), log.String())
	}
}

var _ Claims = cluster.Claims{}
