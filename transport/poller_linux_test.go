package transport

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"
	"golang.org/x/sys/unix"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// socket returns the state of the connection's socket.
func (c *conn) socket() (s netpoll.State) {
	netpoll.Inspect(c.sock, func(now netpoll.State) { s = now })
	return s
}

// setUp is an option that calls f before the server starts.
func setUp(f func(*Server)) option { return func(s *setup) { s.before = f } }

// neverNew makes connections count as idle from the beginning.
var neverNew = setUp(func(s *Server) { s.pollers.NewFor = 0 })

// alwaysNew makes all connections count as new, so that they are read as soon as something comes.
var alwaysNew = setUp(func(s *Server) { s.pollers.NewFor = 1000 * time.Hour })

// typeUntilPaced makes the client type until its connection is read at ticks.
func (c *client) typeUntilPaced(w *world, its *conn) {
	clock := byte(0)
	w.until("it is paced", func() bool {
		c.sendMessage(protocol.Update, insertion(1, clock))
		c.receive(protocol.Update)
		clock++
		return its.socket().Paced || clock > 120
	})
}

// TestLongMessageOfActiveConnection shows that a message that comes in many pieces does not wait
// for ticks, and is processed as one.
func TestLongMessageOfActiveConnection(t *testing.T) {
	w := newWorld(t, neverNew)
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	client.typeUntilPaced(w, c)
	text := bytes.Repeat([]byte("x"), 1<<20)
	update := append([]byte{1, 1, 2, 0, 4, 1, 1, 't', 0x80, 0x80, 0x40}, append(text, 0)...)
	message := masked(gws.OpcodeBinary, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: update}))
	client.write(message[:100<<10])
	w.until("it is read in slices", func() bool { return c.socket().Bulk })
	client.write(message[100<<10:])
	defer func() { t.Log(w.log.String()) }()
	for got := 0; got < len(text); {
		got += bytes.Count(client.receive(protocol.Update), []byte("x"))
	}
}

// TestDescriptorsReused shows that connections that come and go at once are not mixed up, though
// the kernel gives the number of a closed socket to the next one.
func TestDescriptorsReused(t *testing.T) {
	w := newWorld(t, with(Config{Unlimited: true}))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 25 {
				c := dial(t, w, fmt.Sprintf("/realtime/records/%d", i))
				for k := range 4 {
					want := fmt.Sprintf("%d, %d, %d", i, j, k)
					c.send(gws.OpcodePing, []byte(want))
					if got := string(c.await(gws.OpcodePong)); got != want {
						t.Errorf("%q, want %q", got, want)
					}
				}
				c.conn.Close()
			}
		})
	}
	all.Wait()
	w.until("all are gone", func() bool { return w.conns.size() == 0 })
}

// TestOnePoller runs tests of active connections with one processor, where the engine is told that
// everything has been read.
func TestOnePoller(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, test := range map[string]func(*testing.T){
		"long message": TestLongMessageOfActiveConnection, "session": TestSession, "leave": TestClientLeavesRoom, "throttle": TestThrottle,
	} {
		t.Run(name, test)
	}
}

// TestWithoutPollers runs tests with a goroutine for each connection, as on systems without
// pollers.
func TestWithoutPollers(t *testing.T) {
	portable = true
	defer func() { portable = false }()
	for name, test := range map[string]func(*testing.T){
		"whole frames": TestWholeFrames, "close twice": TestCloseTwice, "close from client": TestCloseFromClient,
		"stall": TestStalledWriteEndsConnection, "slow": TestSlowReaderIsNotStalled, "close stalled": TestCloseStalled,
		"session": TestSession, "ping": TestPing, "malformed": TestMalformedFrames, "largest": TestLargestFrame, "panic": TestPanicEndsOneConnection,
		"while loading": TestFramesWhileLoading, "while authenticating": TestFramesWhileAuthenticating, "early": TestEarlyFrames, "leave": TestClientLeavesRoom,
		"first frame": TestFirstFrameDecides, "silent": TestSilentClient, "busy": TestBusyClient, "fresh token": TestFreshToken,
		"throttle": TestThrottle, "end while throttled": TestEndWhileThrottled,
		"unfinished": TestUnfinishedMessages, "silent sender": TestSilentSender, "waiting messages": TestWaitingMessages, "turns": TestLongMessagesTakeTurns,
		"reap": TestIdleTimeout, "unresponsive": TestIdleTimeoutWithoutAnswer, "drain": TestDrain, "drain unresponsive": TestDrainUnresponsive,
	} {
		t.Run(name, test)
	}
}

func init() {
	withoutPollers = func(s *Server) {
		if portable {
			s.pollers.Close()
		}
	}
}

// portable makes worlds use connections that are not polled.
var portable bool

// TestLongMessagesInTurn shows that long and short messages are processed in order, and that each
// is charged once.
func TestLongMessagesInTurn(t *testing.T) {
	w := newWorld(t, with(Config{YWebsocketBurst: 40})) // as many as the test sends
	clock := w.useTestClock()
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	text := bytes.Repeat([]byte("x"), longMessage)
	for i := range byte(20) {
		at := uint64(i) * (longMessage + 1)
		client.sendMessage(protocol.Update, typedAt(at, text))
		client.sendMessage(protocol.Update, typedAt(at+longMessage, []byte("y")))
	}
	var d ydoc.Doc
	for d.Clock(1) < 20*(longMessage+1) {
		u, err := yjs.CheckUpdate(client.receive(protocol.Update)) // the receipts
		if err != nil {
			t.Fatal(err)
		}
		if out := d.Apply(u); out.Missing {
			t.Fatal("something is missing")
		}
	}
	if n := clock.waits.Load(); n != 0 {
		t.Errorf("%d waits", n)
	}
}

// TestAbortResetsSender shows that a client that goes on sending after its connection was aborted
// gets an error, though its bytes are not read.
func TestAbortResetsSender(t *testing.T) {
	w := newWorld(t, with(Config{FrameBytes: 1 << 16, YWebsocketBurst: 1}))
	waiting := w.holdThrottled()
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	client.sendMany(2)
	<-waiting
	sent := make(chan error, 1)
	go func() {
		_, err := client.conn.Write(make([]byte, 64<<20)) // more than any socket's buffers
		sent <- err
	}()
	w.until("the kernel takes no more", func() bool { return unread(t, c) > 64<<10 })
	c.abort()
	if err := <-sent; err == nil {
		t.Error("all is sent")
	}
}

// unread returns how many bytes of the connection wait in the kernel.
func unread(t *testing.T, c *conn) (n int) {
	t.Helper()
	netpoll.Inspect(c.sock, func(s netpoll.State) {
		var err error
		if n, err = unix.IoctlGetInt(s.FD, unix.TIOCINQ); err != nil {
			t.Fatal(err)
		}
	})
	return n
}
