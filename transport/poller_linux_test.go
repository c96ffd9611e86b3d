package transport

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

func (c *conn) set() watching {
	c.reading.Lock()
	defer c.reading.Unlock()
	return c.link.(*fdLink).in
}

// talks has the client type until it is paced.
func (c *client) talks(w *world, its *conn, clock byte) byte {
	its.reading.Lock()
	its.link.(*fdLink).since = time.Time{} // it has not just come
	its.reading.Unlock()
	w.until("it is paced", func() bool {
		c.say(codec.Update, insertion(1, clock))
		c.hear(codec.Update)
		clock++
		return its.set() == paced || clock > 120
	})
	return clock
}

// TestTalkers shows who is read at the beats, and that it is read all the same.
func TestTalkers(t *testing.T) {
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
	c := w.only()
	w.opened(c)
	if c.set() == paced {
		t.Error("it has said nothing, and is paced")
	}
	clock := client.talks(w, c, 0)
	l := c.link.(*fdLink)
	c.reading.Lock()
	last := l.last
	c.reading.Unlock()
	l.poller.listen(last.Add(talkEnds - 1))
	if c.set() != paced {
		t.Error("it has hardly fallen silent")
	}
	w.until("it is silent, and not paced any more", func() bool { // who is just being read is not looked at
		l.poller.listen(last.Add(talkEnds))
		return c.set() == prompt
	})
	client.say(codec.Update, insertion(1, clock))
	client.hear(codec.Update)
	p := l.poller
	w.until("nobody is waited for at the beats", func() bool {
		p.listen(time.Now().Add(2 * talkEnds))
		return len(p.copyTalkers(nil)) == 0
	})
}

// TestFresh shows that who has just come is read at once for a while, however much it says.
func TestFresh(t *testing.T) {
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
	c := w.only()
	w.opened(c)
	l := c.link.(*fdLink)
	c.reading.Lock()
	l.since = time.Now().Add(time.Hour)
	l.move(fresh)
	c.reading.Unlock()
	for clock := range byte(10) {
		client.say(codec.Update, insertion(1, clock))
		client.hear(codec.Update)
	}
	if c.set() != fresh {
		t.Error("it is not fresh any more")
	}
	client.talks(w, c, 10)
}

// TestLongMessageOfTalker shows that a message that comes in many pieces does not wait for beats, and is read as one.
func TestLongMessageOfTalker(t *testing.T) {
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
	c := w.only()
	client.talks(w, c, 0)
	text := bytes.Repeat([]byte("x"), 1<<20)
	update := append([]byte{1, 1, 2, 0, 4, 1, 1, 't', 0x80, 0x80, 0x40}, append(text, 0)...)
	message := masked(gws.OpcodeBinary, codec.YWebsocket{}.Append(nil, codec.Message{Kind: codec.Update, Body: update}))
	client.write(message[:100<<10])
	w.until("it is read in slices", func() bool { return c.set() == bulky })
	client.write(message[100<<10:])
	defer func() { t.Log(w.log.String()) }()
	for got := 0; got < len(text); {
		got += bytes.Count(client.hear(codec.Update), []byte("x"))
	}
}

// TestSocketsComeAndGo has many connections come and go at once: the kernel gives the number of a closed socket to the
// next, and nothing of one may be taken for another's.
func TestSocketsComeAndGo(t *testing.T) {
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
	for _, p := range w.pollers.all {
		w.until("nothing is left of them", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			left := 0
			for _, l := range p.links {
				if l != nil {
					left++
				}
			}
			return left == 0 && len(p.writers) == 0
		})
	}
}

// TestOnePoller goes through what those who talk may meet where there is one processor, and the engine is told when all is read.
func TestOnePoller(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, test := range map[string]func(*testing.T){
		"talkers": TestTalkers, "long message": TestLongMessageOfTalker, "session": TestSession, "leave": TestLeave, "throttle": TestThrottle,
	} {
		t.Run(name, test)
	}
}

// TestWithoutPollers goes through what a connection may meet where each has a goroutine that reads, as on other systems.
func TestWithoutPollers(t *testing.T) {
	portable = true
	defer func() { portable = false }()
	for name, test := range map[string]func(*testing.T){
		"whole frames": TestWholeFrames, "close twice": TestCloseTwice, "close from client": TestCloseFromClient,
		"stall": TestStall, "slow": TestSlow, "close stalled": TestCloseStalled,
		"session": TestSession, "ping": TestPing, "malformed": TestMalformedFrames, "largest": TestLargestFrame, "panic": TestPanic,
		"while loading": TestFramesWhileLoading, "while authenticating": TestFramesWhileAuthenticating, "early": TestEarlyFrames, "leave": TestLeave,
		"first frame": TestFirstFrameDecides, "silent": TestSilentClient, "busy": TestBusyClient, "fresh token": TestFreshToken,
		"throttle": TestThrottle, "end while throttled": TestEndWhileThrottled,
		"unfinished": TestUnfinishedMessages, "silent sender": TestSilentSender, "waiting messages": TestWaitingMessages, "turns": TestLongMessagesTakeTurns,
		"reap": TestReap, "unresponsive": TestReapUnresponsive, "drain": TestDrain, "drain unresponsive": TestDrainUnresponsive,
	} {
		t.Run(name, test)
	}
}

func init() {
	withoutPollers = func(s *Server) { s.pollers.closed = portable }
}

// portable makes new worlds of connections that are not polled.
var portable bool

// TestLongMessagesInTurn shows that long messages and short ones keep their order, and that each is charged once.
func TestLongMessagesInTurn(t *testing.T) {
	w := newWorld(t, with(Config{YWebsocketBurst: 40})) // as many as are sent
	clock := w.byHand()
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
	text := bytes.Repeat([]byte("x"), longMessage)
	for i := range byte(20) {
		at := uint64(i) * (longMessage + 1)
		client.say(codec.Update, typedAt(at, text))
		client.say(codec.Update, typedAt(at+longMessage, []byte("y")))
	}
	var d ydoc.Doc
	for d.Clock(1) < 20*(longMessage+1) {
		u, err := codec.CheckUpdate(client.hear(codec.Update)) // the receipts
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

// TestCutOff shows that a client that goes on sending learns that it is cut off, though nobody reads what it sends.
func TestCutOff(t *testing.T) {
	w := newWorld(t, with(Config{FrameBytes: 1 << 16, YWebsocketBurst: 1}))
	waiting := w.holdThrottled()
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
	c := w.only()
	client.pour(2)
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

// unread is how many bytes wait in the kernel.
func unread(t *testing.T, c *conn) (n int32) {
	t.Helper()
	l := c.link.(*fdLink)
	l.life.Lock()
	defer l.life.Unlock()
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(l.fd), syscall.TIOCINQ, uintptr(unsafe.Pointer(&n))); errno != 0 {
		t.Fatal(errno)
	}
	return n
}
