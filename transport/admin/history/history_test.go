package history

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// counted is a server that counts its readings, and an update in each second.
type counted struct {
	began    time.Time
	readings atomic.Int64
}

func (c *counted) read() Totals {
	c.readings.Add(1)
	now := time.Now()
	n := uint64(now.Sub(c.began) / time.Second)
	return Totals{At: now, People: 5, Rooms: 3, Updates: n, Refused: n, FailedSaves: 7}
}

// inBubble runs f in a bubble with a server, and a Recorder of it that runs.
func inBubble(t *testing.T, f func(t *testing.T, c *counted, r *Recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &counted{began: time.Now()}
		r := NewRecorder(c.read)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.Run(ctx)
		}()
		f(t, c, r)
		cancel()
		<-ended
	})
}

// TestHour shows that a sample is taken every ten seconds, at a multiple of that also if the server
// has begun between two, and that the last hour of them is kept.
func TestHour(t *testing.T) {
	inBubble(t, func(t *testing.T, c *counted, r *Recorder) {
		time.Sleep(3 * time.Second) // begins with the bubble, at a multiple
		if got := r.Samples(); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
		time.Sleep(59 * time.Minute)
		if n := len(r.Samples()); n != 354 {
			t.Errorf("%d samples in 59 minutes", n)
		}
		time.Sleep(3 * time.Hour)
		all := r.Samples()
		if len(all) != kept || cap(r.ring) > 2*kept {
			t.Fatalf("%d samples, room for %d", len(all), cap(r.ring))
		}
		for i, s := range all {
			want := time.Now().Truncate(Interval).Add(time.Duration(i-kept+1) * Interval)
			if !s.At.Equal(want) || s.UpdatesPerSecond != 1 || s.Refused != 10 || s.FailedSaves != 0 || s.People != 5 || s.Nodes != 1 {
				t.Fatalf("%d: %+v, want %v", i, s, want)
			}
		}
		if n := c.readings.Load(); n != int64(4*time.Hour-time.Minute)/int64(Interval)+1 {
			t.Errorf("%d readings", n)
		}
	})
}

// TestUntilNext shows that samples of servers that have begun at other times are taken at the same
// moments, and that a timer that fires early takes none twice.
func TestUntilNext(t *testing.T) {
	at := time.Unix(1_000_000_000, 0)
	for offset, want := range map[time.Duration]time.Duration{
		0: 10 * time.Second, 3 * time.Second: 7 * time.Second, -time.Millisecond: 10*time.Second + time.Millisecond,
		7 * time.Second: 13 * time.Second, time.Millisecond: 10*time.Second - time.Millisecond,
	} {
		if got := untilNext(at.Add(offset)); got != want {
			t.Errorf("%v after a multiple: %v, want %v", offset, got, want)
		}
	}
}

// TestNoSampleAfterTheEnd shows that Run ends with its context, and takes no sample after that.
func TestNoSampleAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counted{began: time.Now()}
		r := NewRecorder(c.read)
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		r.Run(ctx)
		time.Sleep(time.Minute)
		if n := c.readings.Load(); n != 3 || len(r.Samples()) != 2 {
			t.Errorf("%d readings, %+v", n, r.Samples())
		}
	})
}

// TestLive shows that the first sample comes at once, and has what was counted since the last
// sample of the hour; that all who watch get the same ones, for which the server is read once every
// two seconds; that who comes later gets the newest at once; and that nothing is read when nobody
// watches.
func TestLive(t *testing.T) {
	inBubble(t, func(t *testing.T, c *counted, r *Recorder) {
		l := NewLive(func(context.Context) (map[string]Reading, api.Silence) {
			return map[string]Reading{"": r.Read()}, api.Silence{}
		})
		time.Sleep(5 * time.Second)
		first := l.Watch()
		if s := <-first.C; s.UpdatesPerSecond != 1 || s.Refused != 5 || s.Nodes != 1 || !s.At.Equal(time.Now()) {
			t.Errorf("at once: %+v", s)
		}
		before := c.readings.Load()
		if s := <-first.C; s.Refused != 2 || s.UpdatesPerSecond != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Second)
		second := l.Watch()
		if s := <-second.C; s.At.Add(time.Second) != time.Now().UTC() {
			t.Errorf("the newest: %+v", s)
		}
		for range 3 {
			a, b := <-first.C, <-second.C
			if a.At != b.At || a.Refused != 2 {
				t.Errorf("%+v, %+v", a, b)
			}
		}
		if n := c.readings.Load() - before; n != 5 { // one of them for the hour
			t.Errorf("%d readings", n)
		}
		first.Close()
		second.Close()
		second.Close()
		before = c.readings.Load()
		time.Sleep(time.Minute)
		if n := c.readings.Load() - before; n != 6 {
			t.Errorf("%d readings in a minute in which nobody watches", n)
		}
	})
}

// TestSlowWatch shows that who receives nothing holds nobody up, and gets the newest sample.
func TestSlowWatch(t *testing.T) {
	inBubble(t, func(t *testing.T, c *counted, r *Recorder) {
		l := NewLive(func(context.Context) (map[string]Reading, api.Silence) {
			return map[string]Reading{"": r.Read()}, api.Silence{}
		})
		slow, quick := l.Watch(), l.Watch()
		defer slow.Close()
		defer quick.Close()
		for range 10 {
			<-quick.C
		}
		synctest.Wait()
		if s := <-slow.C; !s.At.Equal(time.Now()) {
			t.Errorf("%+v", s)
		}
		select {
		case s := <-slow.C:
			t.Errorf("another one: %+v", s)
		default:
		}
	})
}

// TestEndWhileGathering shows that a sample which is ready when the last watch has been closed is
// given to nobody, also if another one has begun.
func TestEndWhileGathering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		var calls atomic.Int64
		l := NewLive(func(context.Context) (map[string]Reading, api.Silence) {
			if calls.Add(1) == 1 {
				<-stuck
				return nil, api.Silence{Partial: true}
			}
			return nil, api.Silence{}
		})
		first := l.Watch()
		synctest.Wait()
		first.Close()
		second := l.Watch()
		if s := <-second.C; s.Partial {
			t.Errorf("%+v", s)
		}
		close(stuck)
		synctest.Wait()
		if len(first.C) != 0 || len(second.C) != 0 || calls.Load() != 2 {
			t.Error("a sample of the watch before")
		}
		second.Close()
	})
}

// TestQuantile shows how times are estimated from the buckets that have come since a reading.
func TestQuantile(t *testing.T) {
	bounds := []float64{1, 2, 4}
	before := Buckets{bounds, []uint64{10, 10, 10, 10}}
	for _, test := range []struct {
		after    []uint64
		p50, p99 float64 // NaN: none
	}{
		{[]uint64{10, 10, 10, 10}, math.NaN(), math.NaN()},
		{[]uint64{20, 20, 20, 20}, 0.5, 0.99},
		{[]uint64{10, 20, 20, 20}, 1.5, 1.99},
		{[]uint64{15, 20, 20, 20}, 1, 1.98},
		{[]uint64{10, 10, 10, 20}, 4, 4},
		{[]uint64{10, 10, 19, 20}, 2 + 2*5./9, 4},
		{[]uint64{9, 9, 9, 9}, math.NaN(), math.NaN()},
	} {
		b := Buckets{bounds, test.after}.since(before)
		for q, want := range map[float64]float64{0.5: test.p50, 0.99: test.p99} {
			got := b.quantile(q)
			if got == nil != math.IsNaN(want) || got != nil && math.Abs(*got-want) > 1e-9 {
				t.Errorf("%v: %v of all in %v, want %v", test.after, q, got, want)
			}
		}
	}
	if got := (Buckets{}).since(before).quantile(0.5); got != nil {
		t.Errorf("of no buckets %v", *got)
	}
	if got := (Buckets{bounds, []uint64{2, 2, 2, 2}}).since(Buckets{[]float64{9}, []uint64{1, 1}}).quantile(0.5); got == nil || *got != 0.5 {
		t.Errorf("of other buckets before: %v", got)
	}
}

// TestSums shows that samples of servers are added up, and that their delays are the largest.
func TestSums(t *testing.T) {
	a := api.Sample{Nodes: 1, People: 1, Rooms: 2, Connections: 3, UpdatesPerSecond: 4, MemoryBytes: 5, MemoryLimitBytes: 10,
		FailingRooms: 6, FailedSaves: 7, Refused: 8, DelayP50Seconds: new(1.), DelayP99Seconds: new(2.), CommitP50Seconds: new(3.)}
	b := a
	b.DelayP50Seconds, b.DelayP99Seconds, b.CommitP50Seconds, b.CommitP99Seconds = new(0.5), new(3.), nil, new(9.)
	at := time.Unix(1_000_000_000, 0)
	a.At, b.At = at, at.Add(Interval/2-time.Nanosecond)
	later := api.Sample{Nodes: 1, People: 1, MemoryLimitBytes: 10, At: at.Add(Interval)}
	unlimited := later
	unlimited.MemoryLimitBytes = 0
	all := Merge([]api.Sample{a, later}, []api.Sample{b, unlimited}, []api.Sample{later})
	if len(all) != 2 || !all[0].At.Equal(at) || all[1].Nodes != 3 || all[1].People != 3 || all[1].MemoryLimitBytes != 0 {
		t.Fatalf("%+v", all)
	}
	s := all[0]
	if s.Nodes != 2 || s.People != 2 || s.Rooms != 4 || s.Connections != 6 || s.UpdatesPerSecond != 8 || s.MemoryBytes != 10 ||
		s.MemoryLimitBytes != 20 || s.FailingRooms != 12 || s.FailedSaves != 14 || s.Refused != 16 {
		t.Errorf("%+v", s)
	}
	if *s.DelayP50Seconds != 1 || *s.DelayP99Seconds != 3 || *s.CommitP50Seconds != 3 || *s.CommitP99Seconds != 9 {
		t.Errorf("%v, %v, %v, %v", *s.DelayP50Seconds, *s.DelayP99Seconds, *s.CommitP50Seconds, *s.CommitP99Seconds)
	}
}

// TestMergeIsBounded shows that the sum of histories that overlap has an hour.
func TestMergeIsBounded(t *testing.T) {
	hour := func(from time.Time) (all []api.Sample) {
		for i := range kept {
			all = append(all, api.Sample{Nodes: 1, At: from.Add(time.Duration(i) * Interval)})
		}
		return all
	}
	at := time.Unix(1_000_000_000, 0)
	all := Merge(hour(at.Add(time.Minute)), hour(at))
	if len(all) != kept || !all[0].At.Equal(at.Add(time.Minute)) || all[0].Nodes != 2 || all[kept-1].Nodes != 1 {
		t.Errorf("%d, %+v, %+v", len(all), all[0], all[len(all)-1])
	}
	if !slices.IsSortedFunc(all, func(a, b api.Sample) int { return a.At.Compare(b.At) }) {
		t.Error("they are not in order")
	}
}
