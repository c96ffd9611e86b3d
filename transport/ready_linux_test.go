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
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// sendFIN ends the direction from the client, and returns when the server's kernel has received
// that.
func (c *client) sendFIN(w *world, its *conn) {
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

// writeUntilWaiting starts writing to the connection, and returns when a write waits for the
// client.
func (w *world) writeUntilWaiting(c *conn) (failed chan error) {
	w.t.Helper()
	failed = writeUntilFull(c)
	w.until("a write waits", func() bool { return c.socket().WriteWaits })
	return failed
}

// joinOtherRoom makes another client join a room of its own.
func (w *world) joinOtherRoom(t *testing.T, target string) *client {
	t.Helper()
	other := dial(t, w, target, jsonProtocol) // y-websocket has a low rate here
	other.awaitJSON("room_state")
	return other
}

// TestNoBusyPolling shows that pollers are not woken by connections in states in which input is not
// read, or output not taken; they are woken for the one other client only. A level-triggered
// interest in a socket that stays ready would wake them all the time.
func TestNoBusyPolling(t *testing.T) {
	const room = "/realtime/records/a"
	throttled := func(w *world, client *client, _ *conn) { client.sendMany(20); <-w.waiting }
	for _, test := range []struct {
		name string
		hold func(*world, *client, *conn)
	}{
		{"throttled, FIN", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			client.sendFIN(w, c)
		}},
		{"throttled, a write waits, FIN", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			w.writeUntilWaiting(c)
			client.sendFIN(w, c)
		}},
		{"throttled, FIN, a write waits", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			client.sendFIN(w, c)
			w.writeUntilWaiting(c)
		}},
		{"throttled, a write waits, RST", func(w *world, client *client, c *conn) {
			throttled(w, client, c)
			failed := w.writeUntilWaiting(c)
			client.conn.(*net.TCPConn).SetLinger(0)
			client.conn.Close()
			<-failed
		}},
		{"closing, a write waits", func(w *world, client *client, c *conn) {
			w.writeUntilWaiting(c)
			c.Close(&engine.CloseError{Code: 4000, Reason: "enough"})
		}},
		{"discarding, a write waits", func(w *world, client *client, c *conn) {
			w.writeUntilWaiting(c)
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
			w.mustNotPoll(t)
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
		w.writeUntilWaiting(c)
		client.sendFIN(w, c)
		w.mustNotPoll(t)
		c.abort()
		close(let)
	})
}

// TestNoBusyPollingWhileWaitingForMemory shows the same for a client whose message waits for
// memory.
func TestNoBusyPollingWhileWaitingForMemory(t *testing.T) {
	w := newWorld(t, alwaysNew, with(Config{UnfinishedBytes: 1, MessageBurst: 1e6, DrainTimeout: time.Second}))
	silent := dial(t, w, "/realtime/records/a")
	silent.receive(protocol.SyncRequest)
	first := w.only()
	silent.write(typing(1, 1<<20)[:100])
	w.until("it holds all", func() bool { return w.budget.Used() > 1<<20 })
	waiting := w.sendWhileFull("/realtime/records/b", typing(2, 100<<10))
	var c *conn
	for slot := range sweepSlots {
		w.conns.each(slot, func(other *conn) {
			if other != first {
				c = other
			}
		})
	}
	w.writeUntilWaiting(c)
	w.until("all has been sent", func() bool { return unread(t, c) >= 90<<10 })
	waiting.sendFIN(w, c)
	w.mustNotPoll(t)
	c.abort()
	first.abort()
}

// TestNoBusyPollingWhileWaitingForRoom shows the same for a client whose message waits for its
// room.
func TestNoBusyPollingWhileWaitingForRoom(t *testing.T) {
	stop := &blockingHandler{at: "record is open again", stopped: make(chan struct{}), release: make(chan struct{})}
	w := newWorld(t, func(s *setup) {
		s.logs = func(h slog.Handler) slog.Handler { stop.Handler = h; return stop }
	}, alwaysNew, with(Config{MessageBurst: 1e6}))
	client := dial(t, w, "/realtime/records/held")
	client.receive(protocol.SyncRequest)
	c := w.only()
	w.lockHeld(true)
	go w.lockHeld(false)
	<-stop.stopped
	client.sendMessage(protocol.Update, insertion(1, 0))
	client.sendMessage(protocol.Update, insertion(1, 1))
	w.until("it waits for its room", func() bool { return !c.socket().Watched })
	w.writeUntilWaiting(c)
	client.sendFIN(w, c)
	w.mustNotPoll(t)
	close(stop.release)
	c.abort()
}

// mustNotPoll checks that pollers are woken no more often than by one client's pings.
func (w *world) mustNotPoll(t *testing.T) {
	t.Helper()
	const trips, most = 500, 2*500 + 100 // two events a trip, and a few of the timer
	other := w.joinOtherRoom(t, "/realtime/records/other")
	before := w.pollers.Events()
	other.roundTrips(trips)
	if n := w.pollers.Events() - before; n > most {
		t.Errorf("%d reports in %d round trips", n, trips)
	}
}

// TestStallAfterFIN shows that the connection of a client that has sent FIN and takes nothing ends
// after StallTimeout, like others.
func TestStallAfterFIN(t *testing.T) {
	w := newWorld(t, alwaysNew, with(Config{YWebsocketBurst: 10, MessageBurst: 1e6, IdleTimeout: 1000 * time.Hour}))
	waiting := w.holdThrottled()
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	client.sendMany(20)
	<-waiting
	failed := w.writeUntilWaiting(c)
	client.sendFIN(w, c)
	other, now := w.joinOtherRoom(t, "/realtime/records/other"), time.Duration(0)
	// The kernel may have taken bytes until now, so it is tried again.
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		now += w.cfg().StallTimeout * 2 / 3
		w.advance(now)
		other.roundTrips(5) // in this time a writer that is woken all the time would try again
		select {
		case <-failed:
			w.mustCount("realtime_connections_stalled_total", 1)
			return
		default:
		}
	}
	t.Fatal("it is still written to")
}

// TestUnblockedWriteGoesOn shows that a write continues if the client has taken bytes after the
// write was found stalled.
func TestUnblockedWriteGoesOn(t *testing.T) {
	w := newWorld(t, with(Config{IdleTimeout: 1000 * time.Hour}))
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	failed := w.writeUntilWaiting(c)
	w.clock.Store(int64(w.cfg().StallTimeout) - 1)
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
