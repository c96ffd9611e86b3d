package load

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/bench/relay"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

const author = 1 << 29

// typing returns the updates of a Yjs client for n keystrokes at the end of its text, of which
// every fifth character is deleted by the next keystroke.
func typing(n int) (updates [][]byte) {
	for k := range uint64(n) {
		b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: author, Clock: k})
		if k == 0 {
			b = lib0.AppendString(append(b, yjs.RefString, 1), Root)
		} else {
			b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: author, Clock: k - 1})
		}
		b = lib0.AppendString(b, string('a'+rune(k%26)))
		if k%5 == 4 {
			b = append(lib0.AppendUvarint(append(b, 1), author), 1)
			b = append(lib0.AppendUvarint(b, k-1), 1)
		} else {
			b = append(b, 0)
		}
		updates = append(updates, b)
	}
	return updates
}

func stream(t *testing.T, n int) Stream {
	t.Helper()
	s, err := NewStream(typing(n))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listen serves with f on a free port until the test ends.
func listen(t *testing.T, f func(ctx context.Context, l net.Listener) error) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- f(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		l.Close()
		<-served
	})
	return l.Addr().String()
}

func server(t *testing.T) Target {
	log := slog.New(slog.DiscardHandler)
	e := engine.New(engine.Config{Window: 10 * time.Millisecond}, persist.NewMemory(), log)
	return Target{Addr: listen(t, transport.New(transport.Config{}, e, auth.AllowAll{}, log).Serve), Dialect: Ours(protocol.YWebsocket{})}
}

func relaying(t *testing.T, r *relay.Relay) Target {
	return Target{Addr: listen(t, func(_ context.Context, l net.Listener) error { return r.Serve(l) }), Dialect: Relay()}
}

func connect(t *testing.T, target Target, shape Shape, s Stream) *Fleet {
	t.Helper()
	f, err := Connect(t.Context(), target, shape, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func run(t *testing.T, f *Fleet, p Pace) Report {
	t.Helper()
	r, err := f.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	shape = Shape{Rooms: 2, Clients: 4, Writers: 2}
	pace  = Pace{Updates: 100, Moves: 20, For: 200 * time.Millisecond, Patience: patience}
)

func TestNothingIsLost(t *testing.T) {
	for name, target := range map[string]Target{"our server": server(t), "a relay": relaying(t, new(relay.Relay))} {
		t.Run(name, func(t *testing.T) {
			f := connect(t, target, shape, stream(t, 100))
			var r Report
			for range 2 {
				r = run(t, f, pace)
				const sent = 2 * 2 * 20
				if err := r.Err(); err != nil || r.Sent != sent || r.Due != 3*sent || r.Delivered != r.Due {
					t.Errorf("sent %d, delivered %d of %d: %v", r.Sent, r.Delivered, r.Due, err)
				}
				if r.Latency.Count() != r.Delivered || r.Late.Count() != r.Sent || r.Moves == 0 {
					t.Errorf("%d latencies, %d of sending, %d moves", r.Latency.Count(), r.Late.Count(), r.Moves)
				}
			}
			if err := f.Check(); err != nil {
				t.Error(err)
			}
			if r.Latency.Count() != r.Delivered {
				t.Error("the newcomer of Check counts as a late receiver")
			}
			if _, err := f.Run(t.Context(), pace); err != nil {
				t.Error(err)
			}
			if _, err := f.Run(t.Context(), Pace{Updates: 1e6, For: time.Second}); !errors.Is(err, ErrStreamEnds) {
				t.Errorf("more than there is: %v", err)
			}
		})
	}
}

// TestAlone shows that a client that is alone in its room is a receiver of what it writes, and that
// an update that does not come back is lost.
func TestAlone(t *testing.T) {
	alone := Shape{Rooms: 3, Clients: 1, Writers: 1}
	f := connect(t, server(t), alone, stream(t, 100))
	for range 2 {
		r := run(t, f, pace)
		if err := r.Err(); err != nil || r.Sent != 3*20 || r.Delivered != r.Sent || r.Latency.Count() != r.Sent {
			t.Errorf("sent %d, delivered %d, %d latencies: %v", r.Sent, r.Delivered, r.Latency.Count(), err)
		}
	}
	if err := f.Check(); err != nil {
		t.Error(err)
	}
	mute := connect(t, relaying(t, new(relay.Relay)), alone, stream(t, 100))
	short := Pace{Updates: 100, For: 200 * time.Millisecond}
	if r := run(t, mute, short); r.Lost() != 3*20 || r.Err() == nil {
		t.Errorf("a relay sends nobody what it wrote, and %d of %d are lost", r.Lost(), r.Due)
	}
}

// mangle returns a relay's Mangle that sends the nth update as many times as copies.
func mangle(nth int64, copies int) func([]byte) int {
	var seen atomic.Int64
	return func(payload []byte) int {
		var m protocol.Message
		if _, err := (protocol.YWebsocket{}).Next(payload, &m); err == nil && m.Kind == protocol.Update && seen.Add(1) == nth {
			return copies
		}
		return 1
	}
}

func TestFaultsAreNoticed(t *testing.T) {
	short := Pace{Updates: 100, For: 200 * time.Millisecond, Patience: 2 * time.Second} // used up if an update is lost
	t.Run("a lost update", func(t *testing.T) {
		f := connect(t, relaying(t, &relay.Relay{Mangle: mangle(30, 0)}), shape, stream(t, 100))
		r, err := f.Run(t.Context(), short)
		if !errors.Is(err, errMissing) && err != nil {
			t.Fatal(err) // a client that keeps a document may notice the missing update
		}
		if r.Lost() != 3 || r.Err() == nil || f.Check() == nil {
			t.Errorf("%d lost: %v", r.Lost(), r.Err())
		}
	})
	t.Run("an update that comes again", func(t *testing.T) {
		f := connect(t, relaying(t, &relay.Relay{Mangle: mangle(30, 2)}), shape, stream(t, 100))
		r := run(t, f, Pace{Updates: 100, For: short.For, Patience: patience})
		if r.Repeated == 0 || r.Lost() != 0 || r.Err() == nil {
			t.Errorf("%d repeated: %v", r.Repeated, r.Err())
		}
	})
	t.Run("a state that is another", func(t *testing.T) {
		f := connect(t, server(t), shape, stream(t, 100))
		run(t, f, pace)
		want, err := merged(f.Sent(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.compare(0, want, want.AppendState(nil)); err != nil {
			t.Error(err)
		}
		less, err := merged(f.Sent(0)[1:2])
		if err == nil || less != nil {
			t.Error("an update without the one before is accepted")
		}
		if less, err = merged(f.Sent(0)[:20]); err != nil {
			t.Fatal(err)
		}
		if err := f.compare(0, want, less.AppendState(nil)); !errors.Is(err, ErrState) {
			t.Errorf("half of it: %v", err)
		}
		undeleted := stream(t, 100)
		for k, b := range undeleted.updates {
			if k%5 == 4 {
				undeleted.updates[k] = append(b[:len(b)-9:len(b)-9], 0)
			}
		}
		g := connect(t, server(t), shape, undeleted)
		run(t, g, pace)
		if err := f.compare(0, want, must(g.State(0))); !errors.Is(err, ErrState) {
			t.Errorf("without deletions: %v", err)
		}
	})
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestEndOfConnection(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	log := slog.New(slog.DiscardHandler)
	s := transport.New(transport.Config{}, engine.New(engine.Config{}, persist.NewMemory(), log), auth.AllowAll{}, log)
	addr := listen(t, func(_ context.Context, l net.Listener) error { return s.Serve(ctx, l) })
	f := connect(t, Target{Addr: addr, Dialect: Ours(protocol.YWebsocket{})}, shape, stream(t, 10))
	stop()
	if _, err := f.Run(t.Context(), Pace{Updates: 1, For: 5 * time.Second, Patience: patience}); err == nil {
		t.Error("the server has ended, and nobody noticed")
	}
}

func TestGuest(t *testing.T) {
	target := server(t)
	g, err := Visit(t.Context(), target, "somewhere")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Leave()
	update := typing(1)[0]
	if err := g.Put(update); err != nil {
		t.Fatal(err)
	}
	later, err := Visit(t.Context(), target, "somewhere")
	if err != nil {
		t.Fatal(err)
	}
	defer later.Leave()
	if later.Received() != len(update) {
		t.Errorf("%d bytes received, not %d", later.Received(), len(update))
	}
}
