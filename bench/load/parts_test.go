package load

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

func TestSpans(t *testing.T) {
	const size = 40
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var s spans
		var had [size]bool
		for range 12 {
			n := span{uint64(random.IntN(size)), 0}
			n.to = min(size, n.from+uint64(random.IntN(8)))
			want := uint64(0)
			for i := n.from; i < n.to; i++ {
				if !had[i] {
					had[i] = true
					want++
				}
			}
			if fresh := s.add(n); fresh != want {
				t.Fatalf("%v adds %d, not %d: %v", n, fresh, want, s)
			}
			check(t, s, had[:])
		}
	}
}

func check(t *testing.T, s spans, had []bool) {
	t.Helper()
	for i, n := range s {
		if n.from >= n.to || i > 0 && s[i-1].to >= n.from {
			t.Fatalf("out of order: %v", s)
		}
	}
	for i, want := range had {
		in := slices.ContainsFunc(s, func(n span) bool { return n.from <= uint64(i) && uint64(i) < n.to })
		if in != want {
			t.Fatalf("%d: %v in %v", i, in, s)
		}
	}
}

func TestLatencies(t *testing.T) {
	l := NewLatencies()
	if l.Quantile(0.5) != 0 {
		t.Error("of nothing")
	}
	for i := range 1000 {
		l.Add(time.Duration(i+1) * time.Millisecond)
	}
	l.Add(-time.Second)
	l.Add(1000 * time.Hour)
	for q, want := range map[float64]time.Duration{0.1: 100 * time.Millisecond, 0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond} {
		if got := l.Quantile(q); got < want || got > want+want/perOctave+time.Millisecond {
			t.Errorf("%v: %v, not %v", q, got, want)
		}
	}
	if l.Count() != 1002 {
		t.Errorf("%d counted", l.Count())
	}
	for b := range buckets - 1 {
		if d := above(b); bucket(d) != b+1 || bucket(d-time.Microsecond) != b {
			t.Fatalf("bucket %d ends at %v, which is in %d", b, d, bucket(d))
		}
	}
}

// TestAddAll shows that the times of several runs can be counted together.
func TestAddAll(t *testing.T) {
	a, b := NewLatencies(), NewLatencies()
	for range 99 {
		a.Add(time.Millisecond)
	}
	b.Add(time.Second)
	a.AddAll(b)
	if a.Count() != 100 || a.Quantile(0.99) > 2*time.Millisecond || a.Quantile(1) < time.Second || b.Count() != 1 {
		t.Errorf("%d times, p99 %v, the last %v", a.Count(), a.Quantile(0.99), a.Quantile(1))
	}
}

func TestStream(t *testing.T) {
	s := stream(t, 10)
	for k := range s.Len() {
		got := s.Append(nil, k, firstClient+7)
		u, err := yjs.CheckUpdate(got)
		if err != nil {
			t.Fatal(err)
		}
		for section := range u.Sections() {
			if section != (yjs.Section{Client: firstClient + 7, Clock: uint64(k), End: uint64(k) + 1}) {
				t.Errorf("update %d: %v", k, section)
			}
		}
		if back := Readdress(nil, got, firstClient+7, author); string(back) != string(s.updates[k]) {
			t.Errorf("update %d does not come back: %x", k, back)
		}
	}
	for name, updates := range map[string][][]byte{
		"one missing":   append(typing(3)[:1], typing(3)[2]),
		"short ids":     {{1, 1, 7, 0, yjs.RefString, 1, 1, 't', 1, 'x', 0}},
		"two clients":   {typing(1)[0], Readdress(nil, typing(2)[1], author, firstClient)},
		"two clocks":    {slices.Concat([]byte{1, 1}, yjs.AppendID(nil, yjs.ID{Client: author}), []byte{yjs.RefString, 1, 1, 't', 2, 'x', 'y', 0})},
		"only deletion": {{0, 0}},
	} {
		if _, err := NewStream(updates); !errors.Is(err, ErrStream) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewStream([][]byte{{1}}); err == nil {
		t.Error("not an update")
	}
}

func TestHocuspocus(t *testing.T) {
	p := HocuspocusServer().Protocol("room")
	for _, m := range []protocol.Message{
		{Kind: protocol.SyncRequest, Body: []byte{0}},
		{Kind: protocol.Update, Body: typing(1)[0]},
		{Kind: protocol.Awareness, Body: []byte{0}},
	} {
		var got protocol.Message
		rest, err := p.Next(p.Append(nil, m), &got)
		if err != nil || len(rest) > 0 || got.Kind != m.Kind || string(got.Body) != string(m.Body) {
			t.Errorf("%v becomes %v, %x left: %v", m, got, rest, err)
		}
	}
	for name, test := range map[string]struct {
		payload string
		kind    protocol.Kind
	}{
		"a receipt":           {"\x04room\x08\x01", 0},
		"authenticated":       {"\x04room\x02\x02\x0aread-write", 0},
		"step 1 in an answer": {"\x04room\x04\x00\x01\x00", protocol.SyncRequest},
	} {
		var got protocol.Message
		if rest, err := p.Next([]byte(test.payload), &got); err != nil || len(rest) > 0 || got.Kind != test.kind {
			t.Errorf("%s: %v, %x left: %v", name, got, rest, err)
		}
	}
	if _, err := p.Next([]byte("\x09room"), new(protocol.Message)); err == nil {
		t.Error("a name that is cut off")
	}
}
