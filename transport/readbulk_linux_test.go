package transport

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
)

// still is a poller that a test turns by hand: nothing is read otherwise.
func (w *world) still() *poller {
	w.t.Helper()
	p := &poller{buf: make([]byte, readBuffer), events: make([]syscall.EpollEvent, 128), writers: map[int]chan error{}}
	if err := p.makeSets(w.engine, false); err != nil {
		w.t.Fatal(err)
	}
	w.pollers.mu.Lock()
	defer w.pollers.mu.Unlock()
	w.pollers.all, w.pollers.most = []*poller{p}, 1
	w.t.Cleanup(func() { p.gate.close(); p.room.close(); p.end() })
	return p
}

// round turns the poller once for each set that is ready, as its goroutine does.
func (p *poller) round() (turned []int) {
	for _, e := range p.gate.ready(make([]syscall.EpollEvent, 16)) {
		turned = append(turned, int(e.Fd))
		p.turn(int(e.Fd))
	}
	return turned
}

// had is how much of each connection's message has been read.
func had(conns []*conn) (n []int) {
	for _, c := range conns {
		c.reading.Lock()
		held, _ := c.frames.Extent(c.server.cfg.FrameBytes)
		c.reading.Unlock()
		n = append(n, held)
	}
	return n
}

// TestLongMessagesInSlices has several clients send long messages at once, and another one short ones. The poller reads
// the long ones in slices, about as much of each, and whatever short one has come is read before the next slices are.
func TestLongMessagesInSlices(t *testing.T) {
	const senders, size = 8, 4 << 20
	w := newWorld(t, with(Config{FrameBytes: 2 * size, DrainTimeout: time.Second}))
	p := w.still()
	var clients []*client
	var conns []*conn
	join := func(i int) (*client, *conn) {
		c := dial(t, w, fmt.Sprintf("/realtime/records/%d", i))
		c.hear(codec.SyncRequest)
		var its *conn
		w.until("it is heard", func() bool {
			for slot := range beats {
				w.conns.each(slot, func(c *conn) {
					if c.isOpen() && c.slot == i%beats {
						its = c
					}
				})
			}
			return its != nil
		})
		return c, its
	}
	for i := range senders {
		c, its := join(i)
		clients, conns = append(clients, c), append(conns, its)
	}
	short, its := join(senders)
	for i, c := range clients {
		message := masked(gws.OpcodeBinary, make([]byte, size))
		message[14] = byte(i)
		go c.conn.Write(message[:size-1])
	}
	for _, c := range conns {
		w.until("some has come", func() bool { return unread(t, c) > readBuffer })
	}
	trips := 0
	for before := had(conns); ; trips++ {
		sum := 0
		for _, n := range before {
			sum += n
		}
		if sum == senders*(size-1) {
			break
		}
		short.send(gws.OpcodePing, nil)
		w.until("the short one has come", func() bool { return unread(t, its) > 0 })
		if its.reading.Lock(); its.link.(*fdLink).in != fresh {
			its.link.(*fdLink).since = time.Now()
			its.link.(*fdLink).move(fresh)
		}
		its.reading.Unlock()
		p.round()
		if unread(t, its) > 0 {
			t.Fatal("the short one has not been read")
		}
		short.await(gws.OpcodePong)
		after := had(conns)
		read := 0
		for i := range after {
			read += after[i] - before[i]
			if after[i]-before[i] > bulkTurn {
				t.Fatalf("%d of one have been read at a time", after[i]-before[i])
			}
		}
		if read > bulkTurn+senders*readBuffer {
			t.Fatalf("%d have been read at a time", read)
		}
		if trips == 0 {
			for _, c := range conns {
				if c.set() != bulky {
					t.Error("it is not read in slices")
				}
			}
		}
		before = after
	}
	if least := senders * size / (bulkTurn + senders*readBuffer); trips < least {
		t.Errorf("%d rounds, want at least %d", trips, least)
	}
	for _, c := range conns {
		c.abort()
	}
	its.abort()
	for w.conns.size() > 0 {
		p.round()
	}
}
