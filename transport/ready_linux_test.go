package transport

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// socketInfo calls get with the connection's socket.
func socketInfo(c *conn, get func(fd int)) {
	l := c.link.(*fdLink)
	l.life.Lock()
	defer l.life.Unlock()
	get(l.fd)
}

// sendsFIN ends the client's direction and returns when the server's kernel knows.
func (c *client) sendsFIN(w *world, its *conn) {
	c.t.Helper()
	if err := c.conn.(*net.TCPConn).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
	const closeWait = 8 // TCP_CLOSE_WAIT, the first byte of tcp_info
	w.until("the FIN has come", func() (come bool) {
		socketInfo(its, func(fd int) {
			info, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
			come = err == nil && info&0xff == closeWait
		})
		return come
	})
}

// stuck has the server write to the connection until the client's window is full.
func (w *world) stuck(c *conn) (failed chan error) {
	w.t.Helper()
	failed = stuff(c)
	w.until("a write waits", func() (waits bool) {
		socketInfo(c, func(fd int) {
			p := c.link.(*fdLink).poller
			p.mu.Lock()
			defer p.mu.Unlock()
			waits = p.writers[fd] != nil
		})
		return waits
	})
	return failed
}

// promptly makes a client that is always read as soon as something comes.
func (w *world) promptly(t *testing.T, target string) *client {
	t.Helper()
	other := dial(t, w, target, jsonProtocol) // the rate of the others is low
	other.reads("room_state")
	w.until("it is read", func() (done bool) {
		for slot := range beats {
			w.conns.each(slot, func(c *conn) {
				l := c.link.(*fdLink)
				if !l.tryReading() {
					return // it is not watched
				}
				defer c.reading.Unlock()
				if l.in == fresh || l.in == prompt {
					l.since = time.Now().Add(time.Hour)
					l.move(fresh)
					done = done || c.peer != nil && strings.HasSuffix(target, strings.TrimPrefix(c.peer.Room(), "record:"))
				}
			})
		}
		return done
	})
	return other
}

// trips has a client ping and be answered n times.
func (c *client) trips(n int) {
	c.t.Helper()
	for range n {
		c.send(gws.OpcodePing, nil)
		c.await(gws.OpcodePong)
	}
}

// TestNothingStaysReady holds connections in each state in which what has come is not
// read, or what is written is not taken, and requires that pollers are woken for the one
// other client only. An interest in what stays ready would wake them all the time.
func TestNothingStaysReady(t *testing.T) {
	const room = "/realtime/records/a"
	throttled := func(w *world, client *client, _ *conn) { client.pour(20); <-w.waiting }
	for _, test := range []struct {
		name string
		hold func(*world, *client, *conn)
	}{
		{"throttled, FIN", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			client.sendsFIN(w, c)
		}},
		{"throttled, a write waits, FIN", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			w.stuck(c)
			client.sendsFIN(w, c)
		}},
		{"throttled, FIN, a write waits", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			client.sendsFIN(w, c)
			w.stuck(c)
		}},
		{"throttled, a write waits, RST", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			failed := w.stuck(c)
			client.conn.(*net.TCPConn).SetLinger(0)
			client.conn.Close()
			<-failed
		}},
		{"closing, a write waits", func(w *world, client *client, c *conn) {
			w.stuck(c)
			c.Close(&engine.CloseError{Code: 4000, Reason: "enough"})
		}},
		{"discarding, a write waits", func(w *world, client *client, c *conn) {
			w.stuck(c)
			client.write([]byte{0xff, 0xff})
			w.until("it is malformed", func() bool { return w.counters.malformed.Get() == 1 })
			client.write(make([]byte, 10))
		}},
		{"watched, urgent data", func(w *world, client *client, c *conn) {
			raw, err := client.conn.(*net.TCPConn).SyscallConn()
			if err != nil {
				w.t.Fatal(err)
			}
			raw.Control(func(fd uintptr) { err = syscall.Sendto(int(fd), []byte{0x89}, syscall.MSG_OOB, nil) })
			if err != nil {
				w.t.Fatal(err)
			}
		}},
		{"half a frame", func(w *world, client *client, c *conn) {
			client.write(masked(gws.OpcodeBinary, make([]byte, 1<<20))[:300<<10])
			w.until("it has come", func() bool { return unread(w.t, c) == 0 })
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, with(Config{YWebsocketBurst: 10, MessageBurst: 1e6, CloseTimeout: time.Hour, DrainTimeout: time.Second}))
			w.waiting = w.holdThrottled()
			client := dial(t, w, room)
			client.hear(codec.SyncRequest)
			c := w.only()
			test.hold(w, client, c)
			w.mustRest(t)
			c.abort()
		})
	}
	t.Run("joining, FIN, a write waits", func(t *testing.T) {
		entered, let := make(chan struct{}, 1), make(chan struct{})
		w := newWorld(t, with(Config{MessageBurst: 1e6}), withAuth(doorman(func(ctx context.Context, token string) (engine.Identity, error) {
			if token == "held" {
				entered <- struct{}{}
				<-let
			}
			return engine.Identity{Anonymous: true}, nil
		})))
		client := dial(t, w, room+"?token=held")
		<-entered
		c := w.only()
		w.stuck(c)
		client.sendsFIN(w, c)
		w.mustRest(t)
		c.abort()
		close(let)
	})
}

// TestNothingStaysReadyWhileWaiting is the same for a client whose message waits for room.
func TestNothingStaysReadyWhileWaiting(t *testing.T) {
	w := newWorld(t, with(Config{UnfinishedBytes: 1, MessageBurst: 1e6, DrainTimeout: time.Second}))
	silent := dial(t, w, "/realtime/records/a")
	silent.hear(codec.SyncRequest)
	first := w.only()
	silent.write(typing(1, 1<<20)[:100])
	w.until("it holds all", func() bool { return w.budget.used() > 1<<20 })
	waiting := w.waits("/realtime/records/b", typing(2, 100<<10))
	var c *conn
	for slot := range beats {
		w.conns.each(slot, func(other *conn) {
			if other != first {
				c = other
			}
		})
	}
	w.stuck(c)
	w.until("all has been sent", func() bool { return unread(t, c) >= 90<<10 })
	waiting.sendsFIN(w, c)
	w.mustRest(t)
	c.abort()
	first.abort()
}

// TestNothingStaysReadyWhileHeld is the same for a client whose message waits for its room.
func TestNothingStaysReadyWhileHeld(t *testing.T) {
	stop := &stopper{at: "record is open again", stopped: make(chan struct{}), goOn: make(chan struct{})}
	w := newWorld(t, func(s *setup) {
		s.logs = func(h slog.Handler) slog.Handler { stop.Handler = h; return stop }
	}, with(Config{MessageBurst: 1e6}))
	client := dial(t, w, "/realtime/records/held")
	client.hear(codec.SyncRequest)
	c := w.only()
	w.engine.Lock("record:held", true)
	go w.engine.Lock("record:held", false)
	<-stop.stopped
	client.say(codec.Update, insertion(1, 0))
	client.say(codec.Update, insertion(1, 1))
	w.until("it waits for its room", func() bool { return !c.link.(*fdLink).seen.Load() })
	w.stuck(c)
	client.sendsFIN(w, c)
	w.mustRest(t)
	close(stop.goOn)
	c.abort()
}

// mustRest requires that pollers are reported no more than what one client's pings bring about.
func (w *world) mustRest(t *testing.T) {
	t.Helper()
	const trips, most = 500, 2*500 + 100 // the set and the socket; now and then the alarm
	other := w.promptly(t, "/realtime/records/other")
	before := w.pollers.reports()
	other.trips(trips)
	if n := w.pollers.reports() - before; n > most {
		t.Errorf("%d reports in %d round trips", n, trips)
	}
}

// TestStallAfterFIN shows that a client that has sent FIN and takes nothing is ended after StallTimeout, like others.
func TestStallAfterFIN(t *testing.T) {
	w := newWorld(t, with(Config{YWebsocketBurst: 10, MessageBurst: 1e6, IdleTimeout: 1000 * time.Hour}))
	waiting := w.holdThrottled()
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
	c := w.only()
	client.pour(20)
	<-waiting
	failed := w.stuck(c)
	client.sendsFIN(w, c)
	other, now := w.promptly(t, "/realtime/records/other"), time.Duration(0)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); { // the kernel may still have been taking bytes
		now += w.cfg.StallTimeout * 2 / 3
		w.advance(now)
		other.trips(5) // a writer that is woken all the time tries again meanwhile
		select {
		case <-failed:
			w.mustCount("realtime_connections_stalled_total", 1)
			return
		default:
		}
	}
	t.Fatal("it is still written to")
}

// TestWakeToEnd shows that a writer that is to end learns of it though it has been woken just before.
func TestWakeToEnd(t *testing.T) {
	woken := make(chan error, 1)
	p := &poller{writers: map[int]chan error{1: woken}}
	p.wake(1, nil)
	p.wake(1, os.ErrDeadlineExceeded)
	p.wake(1, nil)
	if err := <-woken; err != os.ErrDeadlineExceeded {
		t.Errorf("it is woken with %v", err)
	}
	p.wake(2, os.ErrDeadlineExceeded) // nobody writes there
}

// TestEndComesLate shows that a writer whose client has taken something since it was found to stall goes on.
func TestEndComesLate(t *testing.T) {
	w := newWorld(t, with(Config{IdleTimeout: 1000 * time.Hour}))
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
	c := w.only()
	failed := w.stuck(c)
	w.clock.Store(int64(w.cfg.StallTimeout) - 1)
	for range 100 {
		c.link.unblock()
		w.until("it has seen that", func() bool {
			p := c.link.(*fdLink).poller
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, woken := range p.writers {
				if len(woken) > 0 {
					return false
				}
			}
			return true
		})
	}
	select {
	case err := <-failed:
		t.Fatalf("it ends: %v", err)
	default:
	}
	c.abort()
	<-failed
}
