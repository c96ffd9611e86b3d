package transport

import (
	"context"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// sendsFIN ends the client's direction and returns when the server's kernel knows.
func (c *client) sendsFIN(w *world, its *conn) {
	c.t.Helper()
	if err := c.conn.(*net.TCPConn).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
	const closeWait = 8 // TCP_CLOSE_WAIT, the first byte of tcp_info
	w.until("the FIN has come", func() (come bool) {
		netpoll.Inspect(its.sock, func(s netpoll.State) {
			info, err := syscall.GetsockoptInt(s.FD, syscall.IPPROTO_TCP, syscall.TCP_INFO)
			come = err == nil && info&0xff == closeWait
		})
		return come
	})
}

// writesUntilFull has the server write to the connection until the client's window is full.
func (w *world) writesUntilFull(c *conn) (failed chan error) {
	w.t.Helper()
	failed = writeUntilFull(c)
	w.until("a write waits", func() bool { return c.socket().WriteWaits })
	return failed
}

// joinsAlone has another client join a room of its own.
func (w *world) joinsAlone(t *testing.T, target string) *client {
	t.Helper()
	other := dial(t, w, target, jsonProtocol) // the rate of the others is low
	other.reads("room_state")
	return other
}

// TestNoBusyPolling holds connections in each state in which what has come is not
// read, or what is written is not taken, and requires that pollers are woken for the one
// other client only. An interest in what stays ready would wake them all the time.
func TestNoBusyPolling(t *testing.T) {
	const room = "/realtime/records/a"
	throttled := func(w *world, client *client, _ *conn) { client.sendMany(20); <-w.waiting }
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
			w.writesUntilFull(c)
			client.sendsFIN(w, c)
		}},
		{"throttled, FIN, a write waits", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			client.sendsFIN(w, c)
			w.writesUntilFull(c)
		}},
		{"throttled, a write waits, RST", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			failed := w.writesUntilFull(c)
			client.conn.(*net.TCPConn).SetLinger(0)
			client.conn.Close()
			<-failed
		}},
		{"closing, a write waits", func(w *world, client *client, c *conn) {
			w.writesUntilFull(c)
			c.Close(&engine.CloseError{Code: 4000, Reason: "enough"})
		}},
		{"discarding, a write waits", func(w *world, client *client, c *conn) {
			w.writesUntilFull(c)
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
			w := newWorld(t, alwaysNew, with(Config{YWebsocketBurst: 10, MessageBurst: 1e6, CloseTimeout: time.Hour, DrainTimeout: time.Second}))
			w.waiting = w.holdThrottled()
			client := dial(t, w, room)
			client.receive(protocol.SyncRequest)
			c := w.only()
			test.hold(w, client, c)
			w.mustRest(t)
			c.abort()
		})
	}
	t.Run("joining, FIN, a write waits", func(t *testing.T) {
		entered, let := make(chan struct{}, 1), make(chan struct{})
		w := newWorld(t, alwaysNew, with(Config{MessageBurst: 1e6}), withAuth(authFunc(func(ctx context.Context, token string) (engine.Identity, error) {
			if token == "held" {
				entered <- struct{}{}
				<-let
			}
			return engine.Identity{Anonymous: true}, nil
		})))
		client := dial(t, w, room+"?token=held")
		<-entered
		c := w.only()
		w.writesUntilFull(c)
		client.sendsFIN(w, c)
		w.mustRest(t)
		c.abort()
		close(let)
	})
}

// TestNoBusyPollingWhileWaitingForMemory is the same for a client whose message waits for room.
func TestNoBusyPollingWhileWaitingForMemory(t *testing.T) {
	w := newWorld(t, alwaysNew, with(Config{UnfinishedBytes: 1, MessageBurst: 1e6, DrainTimeout: time.Second}))
	silent := dial(t, w, "/realtime/records/a")
	silent.receive(protocol.SyncRequest)
	first := w.only()
	silent.write(typing(1, 1<<20)[:100])
	w.until("it holds all", func() bool { return w.budget.Used() > 1<<20 })
	waiting := w.sendsWhileFull("/realtime/records/b", typing(2, 100<<10))
	var c *conn
	for slot := range sweepSlots {
		w.conns.each(slot, func(other *conn) {
			if other != first {
				c = other
			}
		})
	}
	w.writesUntilFull(c)
	w.until("all has been sent", func() bool { return unread(t, c) >= 90<<10 })
	waiting.sendsFIN(w, c)
	w.mustRest(t)
	c.abort()
	first.abort()
}

// TestNoBusyPollingWhileWaitingForRoom is the same for a client whose message waits for its room.
func TestNoBusyPollingWhileWaitingForRoom(t *testing.T) {
	stop := &stopper{at: "record is open again", stopped: make(chan struct{}), goOn: make(chan struct{})}
	w := newWorld(t, func(s *setup) {
		s.logs = func(h slog.Handler) slog.Handler { stop.Handler = h; return stop }
	}, alwaysNew, with(Config{MessageBurst: 1e6}))
	client := dial(t, w, "/realtime/records/held")
	client.receive(protocol.SyncRequest)
	c := w.only()
	w.engine.Lock(roomkey.MustParse("record:held"), true)
	go w.engine.Lock(roomkey.MustParse("record:held"), false)
	<-stop.stopped
	client.sendMessage(protocol.Update, insertion(1, 0))
	client.sendMessage(protocol.Update, insertion(1, 1))
	w.until("it waits for its room", func() bool { return !c.socket().Watched })
	w.writesUntilFull(c)
	client.sendsFIN(w, c)
	w.mustRest(t)
	close(stop.goOn)
	c.abort()
}

// mustRest requires that pollers are reported no more than what one client's pings bring about.
func (w *world) mustRest(t *testing.T) {
	t.Helper()
	const trips, most = 500, 2*500 + 100 // the set and the socket; now and then the alarm
	other := w.joinsAlone(t, "/realtime/records/other")
	before := w.pollers.Events()
	other.roundTrips(trips)
	if n := w.pollers.Events() - before; n > most {
		t.Errorf("%d reports in %d round trips", n, trips)
	}
}

// TestStallAfterFIN shows that a client that has sent FIN and takes nothing is ended after
// StallTimeout, like others.
func TestStallAfterFIN(t *testing.T) {
	w := newWorld(t, alwaysNew, with(Config{YWebsocketBurst: 10, MessageBurst: 1e6, IdleTimeout: 1000 * time.Hour}))
	waiting := w.holdThrottled()
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	client.sendMany(20)
	<-waiting
	failed := w.writesUntilFull(c)
	client.sendsFIN(w, c)
	other, now := w.joinsAlone(t, "/realtime/records/other"), time.Duration(0)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); { // the kernel may still have been taking bytes
		now += w.cfg.StallTimeout * 2 / 3
		w.advance(now)
		other.roundTrips(5) // a writer that is woken all the time tries again meanwhile
		select {
		case <-failed:
			w.mustCount("realtime_connections_stalled_total", 1)
			return
		default:
		}
	}
	t.Fatal("it is still written to")
}

// TestUnblockedWriteGoesOn shows that a writer whose client has taken something since it was found
// to stall goes on.
func TestUnblockedWriteGoesOn(t *testing.T) {
	w := newWorld(t, with(Config{IdleTimeout: 1000 * time.Hour}))
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	failed := w.writesUntilFull(c)
	w.clock.Store(int64(w.cfg.StallTimeout) - 1)
	for range 100 {
		c.sock.Unblock()
		w.until("it has seen that", func() bool { return c.socket().WriteWaits })
	}
	select {
	case err := <-failed:
		t.Fatalf("it ends: %v", err)
	default:
	}
	c.abort()
	<-failed
}
