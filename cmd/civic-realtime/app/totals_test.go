package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/memory"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// TestTotalsAreMetrics shows that there is each metric that samples are made of.
func TestTotalsAreMetrics(t *testing.T) {
	m := newMetered(t)
	text := m.text()
	there := map[string]bool{}
	for _, name := range series(t, text) {
		there[familyOf(families(text), name)] = true
	}
	for _, name := range []string{
		peopleMetric, roomsMetric, connectionsMetric, failingMetric, updatesMetric, snapshotsMetric,
		draftsMetric, refusedMetric, "realtime_update_delay_seconds", "realtime_journal_commit_seconds",
	} {
		if !there[name] {
			t.Errorf("there is no metric %s", name)
		}
	}
	if delaysMetric != "realtime_update_delay_seconds_bucket" || commitsMetric != "realtime_journal_commit_seconds_bucket" {
		t.Error("the buckets are of other metrics")
	}
}

// nextLive returns the first sample of a stream of the node's samples that has something.
func (n *runningNode) nextLive(has func(api.LiveSample) bool) (found api.LiveSample) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := n.admin().Live(ctx, func(s api.LiveSample) {
		if found = s; has(s) {
			cancel()
		}
	})
	if !has(found) {
		n.t.Errorf("%+v, %v", found, err)
	}
	return found
}

// TestSamplesOfAServer shows that samples have what a server does: people, updates with their
// delays and commits, memory, and clients that are refused.
func TestSamplesOfAServer(t *testing.T) {
	n := startNode(t, nil, t.TempDir(), "  memory: {limit: 1GiB}\n  admin: {listen: '127.0.0.1:0'}\n  limits: {connections: 1}\n")
	one := n.join(1, "one")
	s := n.nextLive(func(s api.LiveSample) bool {
		one.types("a")
		return s.UpdatesPerSecond > 0 && s.DelayP50Seconds != nil
	})
	if s.People != 1 || s.Rooms != 1 || s.Connections != 1 || s.Nodes != 1 || s.FailedSaves != 0 || s.FailingRooms != 0 {
		t.Errorf("%+v", s)
	}
	if s.CommitP50Seconds == nil || *s.CommitP50Seconds <= 0 || *s.DelayP99Seconds < *s.DelayP50Seconds || s.MemoryBytes < 1<<20 || s.MemoryLimitBytes != 1<<30 {
		t.Errorf("%+v", s)
	}
	n.join(2, "two") // it tries again and again
	n.nextLive(func(s api.LiveSample) bool { return s.Refused > 0 })
	resp, err := http.Get(n.components().admin.url() + "/v1/history")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", resp, err)
	}
}

// TestSamplesOfNodes shows that a node adds up what all nodes do, also one whose own admin API is
// off, and names one that has ended.
func TestSamplesOfNodes(t *testing.T) {
	redis := redistest.Start(t)
	a := startNode(t, redis, t.TempDir(), "  admin: {listen: '127.0.0.1:0'}\n")
	b := startNode(t, redis, t.TempDir(), "")
	a.join(1, "one").types("a")
	b.join(2, "two").types("b")
	until(t, "each node owns a room", func() bool { return a.owns("one") && b.owns("two") })
	a.nextLive(func(s api.LiveSample) bool {
		return s.Nodes == 2 && s.People == 2 && s.Connections == 2 && s.Rooms == 2
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	until(t, "the history has both nodes", func() bool {
		h, err := a.admin().History(ctx)
		return err == nil && !h.Partial && len(h.Samples) > 0 && h.Samples[len(h.Samples)-1].Nodes == 2
	})
}

// sink is a connection that takes everything.
type sink struct{}

func (sink) Write([][]byte, func()) error { return nil }
func (sink) Close(*engine.CloseError)     {}
func (sink) Finish()                      {}
func (sink) Renew([]byte)                 {}
func (sink) Charge(int)                   {}

// busyTotals returns totals of an engine with so many rooms, each with a client.
func busyTotals(t testing.TB, rooms int) *totals {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	e := engine.New(engine.Config{Rooms: rooms}, persist.NewMemory(), log)
	t.Cleanup(func() { _ = e.Drain(context.Background()) })
	for i := range rooms {
		key := roomkey.MustParse(fmt.Sprint("record:", i))
		if _, err := e.Join(context.Background(), key, sink{}, protocol.JSON{}, engine.Identity{ID: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	server := transport.New(transport.Config{}, e, auth.AllowAll{}, log)
	return &totals{parts: []metricset.Part{e, server}, meter: memory.NewMeter(memory.Size{})}
}

// TestReadingIsBounded shows that a reading allocates the same with a hundred rooms and with a
// thousand.
func TestReadingIsBounded(t *testing.T) {
	few, many := busyTotals(t, 100), busyTotals(t, 1000)
	if all := many.read(); all.People != 1000 || all.Rooms != 1000 {
		t.Errorf("%+v", all)
	}
	a := testing.AllocsPerRun(5, func() { few.read() })
	b := testing.AllocsPerRun(5, func() { many.read() })
	if b > a+200 { // some numbers are longer
		t.Errorf("%v allocations for 100 rooms, %v for 1000", a, b)
	}
}

// BenchmarkReading measures a reading of a server with 10,000 rooms, of which there is one every
// two seconds while somebody watches. It fails if one takes more than 20 ms, 1 % of a core.
func BenchmarkReading(b *testing.B) {
	for _, rooms := range []int{2000, 10_000} {
		b.Run(fmt.Sprint(rooms), func(b *testing.B) {
			t := busyTotals(b, rooms)
			b.ReportAllocs()
			for b.Loop() {
				t.read()
			}
			if took := b.Elapsed() / time.Duration(b.N); took > 20*time.Millisecond {
				b.Errorf("a reading takes %v", took)
			}
		})
	}
}
