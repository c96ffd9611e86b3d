package transport

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// typing returns a y-websocket message of about n bytes, an insertion by client.
func typing(client byte, n int) []byte {
	b := append([]byte{1, 1, client, 0, 4, 1, 1, 't'}, lib0.AppendUvarint(nil, uint64(n))...)
	b = append(append(b, strings.Repeat("x", n)...), 0)
	return masked(gws.OpcodeBinary, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: b}))
}

// inFragments splits a message of one frame into fragments of n bytes.
func inFragments(message []byte, n int) (stream []byte) {
	const header = 2 + 8 + 4
	op := gws.OpcodeBinary
	for rest := message[header:]; len(rest) > 0; op = 0 {
		part := rest[:min(n, len(rest))]
		rest = rest[len(part):]
		f := masked(op, part)
		if len(rest) > 0 {
			f[0] &^= 0x80
		}
		stream = append(stream, f...)
	}
	return stream
}

// unfinished returns the memory that is really held for messages, how many connections hold some,
// and how many reservations wait. It locks all connections while it counts, as memory that one
// releases may be taken by another at once.
func (w *world) unfinished() (bytes, conns, queued int) {
	var all []*conn
	for slot := range sweepSlots {
		w.conns.each(slot, func(c *conn) { all = append(all, c) })
	}
	for _, c := range all {
		c.reading.Lock()
		defer c.reading.Unlock()
	}
	for _, c := range all {
		n := c.frames.Memory() + cap(c.rest)
		if c.deferred != nil {
			n += cap(c.deferred.Payload)
		}
		if bytes += n; n > unreserved {
			conns++
		}
	}
	return bytes, conns, w.budget.Waiting()
}

// TestUnfinishedMessages shows that many clients that each send half of a long message, and then
// the rest, do not block each other for ever, that the memory held stays within the limit all the
// time, and that all messages are delivered.
func TestUnfinishedMessages(t *testing.T) {
	const clients, size, limit = 16, 256 << 10, 1 << 20
	for _, test := range []struct {
		name string
		cut  func([]byte) []byte
	}{
		{"whole", func(b []byte) []byte { return b }},
		{"in fragments", func(b []byte) []byte { return inFragments(b, 25<<10) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, with(Config{FrameBytes: size + 1<<10, UnfinishedBytes: limit, ConnectionsPerIP: clients}))
			most := 0
			bounded := func() {
				bytes, _, _ := w.unfinished()
				if most = max(most, bytes); bytes > limit+clients*unreserved || w.budget.Used() > limit {
					t.Fatalf("%d bytes are held, %d reserved", bytes, w.budget.Used())
				}
			}
			var all []*client
			halves := make([]chan struct{}, clients)
			message := func(i int) []byte { return test.cut(typing(byte(1+i), size)) }
			for i := range clients {
				c := dial(t, w, fmt.Sprintf("/realtime/records/%d", i))
				c.receive(protocol.SyncRequest)
				all = append(all, c)
				c.conn.SetReadDeadline(time.Now().Add(2 * patience))
				halves[i] = make(chan struct{})
				go func() {
					c.conn.Write(message(i)[:size/2]) // blocks until the server reads on
					close(halves[i])
				}()
			}
			w.until("those hold something for whom there is room, and the others wait", func() bool {
				bounded()
				_, holding, queued := w.unfinished()
				return holding > 0 && queued+holding >= clients-1 && queued > 0 && most >= limit/4
			})
			finished := make(chan int, clients)
			for i, c := range all {
				go func() {
					<-halves[i]
					c.conn.Write(message(i)[size/2:])
				}()
				go func() {
					for got := 0; got < size; {
						got += strings.Count(string(c.receive(protocol.Update)), "x")
					}
					finished <- i
				}()
			}
			done := 0
			w.until("all are delivered", func() bool {
				bounded()
				for ; len(finished) > 0; done++ {
					<-finished
				}
				return done == clients
			})
			w.until("nothing is reserved any more", func() bool { bytes, _, _ := w.unfinished(); return bytes == 0 && w.budget.Used() == 0 })
			if w.count("realtime_messages_waited_total") == 0 || most < limit/4 {
				t.Errorf("%d have waited, %d bytes were held", w.count("realtime_messages_waited_total"), most)
			}
		})
	}
}

// TestSilentSender shows that a message that makes no progress is given up at the time that the
// bytes received so far allow.
func TestSilentSender(t *testing.T) {
	w := newWorld(t, with(Config{FrameBytes: 2 << 20, MessageBytesPerSecond: 64 << 10, IdleTimeout: 1000 * time.Hour, CloseTimeout: time.Minute}))
	c := dial(t, w, "/realtime/records/a", jsonProtocol)
	c.awaitJSON("room_state")
	its := w.only()
	mayTake := func(d time.Duration) {
		t.Helper()
		w.advance(d - 1)
		if its.messageLate(d-1) || !its.messageLate(d) || its.closing.Load() || w.budget.Used() == 0 {
			t.Fatal("it is given up, or would not be")
		}
	}
	message := masked(gws.OpcodeText, []byte(fmt.Sprintf(`{"type":"ping","x":%q}`, strings.Repeat("x", 1<<20))))
	sent := 0
	send := func(n int) {
		c.write(message[sent : sent+n])
		sent += n
		w.until("it has come", func() bool {
			its.reading.Lock()
			defer its.reading.Unlock()
			held, _ := its.frames.Buffered(w.cfg().FrameBytes)
			return held == sent
		})
	}
	send(128 << 10)
	mayTake(w.cfg().MessageTimeout + 2*time.Second)
	send(64 << 10) // the bytes of a second
	mayTake(w.cfg().MessageTimeout + 3*time.Second)
	w.advance(w.cfg().MessageTimeout + 3*time.Second)
	if got := c.errorCode(); got != protocol.CodeMessageTimeout {
		t.Errorf("%v", got)
	}
	w.until("nothing is reserved any more", func() bool { return w.budget.Used() == 0 })
	c.write(message[sent:]) // the server drops it
	c.mustClose(4508, "message sent too slowly")
	w.mustCount("realtime_messages_late_total", 1)
	w.mustLog("connection closed", "4508")
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}

// sendWhileFull sends a message for which no memory is left, and waits until it waits.
func (w *world) sendWhileFull(target string, message []byte) *client {
	c := dial(w.t, w, target)
	c.receive(protocol.SyncRequest)
	_, _, before := w.unfinished()
	go c.conn.Write(message)
	w.until("it waits", func() bool { _, _, queued := w.unfinished(); return queued == before+1 })
	return c
}

// TestWaitingMessages shows how messages that wait for memory end: the first is granted when the
// message before it is given up, and its own time begins then; one that has waited too long is
// closed; and so is one whose connection is closed for another reason.
func TestWaitingMessages(t *testing.T) {
	const size = 1 << 20
	w := newWorld(t, with(Config{FrameBytes: size + 1<<10, UnfinishedBytes: 1, MessageBytesPerSecond: 1 << 10, IdleTimeout: 2 * time.Minute, PingAfter: 1000 * time.Hour, CloseTimeout: time.Hour}),
		withEngine(engine.Config{KeepAlive: 1000 * time.Hour}))
	silent := dial(t, w, "/realtime/records/a")
	silent.receive(protocol.SyncRequest)
	silent.write(typing(1, size)[:100])
	w.until("it holds all", func() bool { return w.budget.Used() > size })
	next := w.sendWhileFull("/realtime/records/b", typing(2, size))
	closed := w.sendWhileFull("/realtime/records/c", typing(3, size))
	half := w.sendWhileFull("/realtime/records/d", typing(4, size)[:size/2])
	fifth := w.sendWhileFull("/realtime/records/e", typing(5, size))

	for slot := range sweepSlots {
		w.conns.each(slot, func(c *conn) {
			if p := c.session.peer(); p != nil && strings.HasSuffix(p.Room().String(), "c") {
				c.Close(&engine.CloseError{Code: 4000, Reason: "enough"})
			}
		})
	}
	closed.mustClose(4000, "enough")

	w.advance(w.cfg().MessageTimeout + time.Second)
	silent.mustClose(4508, "message sent too slowly")
	for got := 0; got < size; {
		got += strings.Count(string(next.receive(protocol.Update)), "x")
	}
	w.until("the next one holds all", func() bool { _, _, queued := w.unfinished(); return queued == 1 })
	w.until("half has come", func() bool { bytes, _, _ := w.unfinished(); return bytes >= size/2 })
	w.advance(w.cfg().IdleTimeout)
	fifth.mustClose(engine.CloseUnavailable, "too many long messages at once, try again")
	half.conn.Close()
	w.until("nothing is reserved", func() bool { return w.budget.Used() == 0 })
}

// TestWaitedTooLong shows that a connection whose message waits too long is closed for that, and
// not for silence, even if the server's clock advances between reading the message and asking for
// memory.
func TestWaitedTooLong(t *testing.T) {
	const size = 1 << 20
	w := newWorld(t, with(Config{FrameBytes: size + 1<<10, UnfinishedBytes: 1, MessageBytesPerSecond: 1, MessageTimeout: time.Hour,
		IdleTimeout: 2 * time.Minute, PingAfter: 1000 * time.Hour, CloseTimeout: time.Hour}),
		withEngine(engine.Config{KeepAlive: 1000 * time.Hour}))
	late := dial(t, w, "/realtime/records/b")
	late.receive(protocol.SyncRequest)
	c := w.only()
	var first limit.Reservation
	w.budget.Reserve(&first, size)
	passedOn, granted := make(chan struct{}), make(chan struct{})
	second := limit.Reservation{Granted: func() { // called with the budget's lock held
		passedOn <- struct{}{}
		<-granted
	}}
	w.budget.Reserve(&second, size)

	go w.budget.Release(&first)
	<-passedOn
	late.write(typing(2, size)[:100])
	w.until("it asks for room", func() bool { return c.incoming.Load() != nil && !isFree(&c.reading) })
	w.clock.Store(int64(time.Second))
	close(granted)
	w.until("it waits", func() bool { _, _, queued := w.unfinished(); return queued == 1 })
	w.advance(w.cfg().IdleTimeout)
	w.advance(w.cfg().IdleTimeout + time.Second)
	late.mustClose(engine.CloseUnavailable, "too many long messages at once, try again")
}

// isFree reports whether a lock is free.
func isFree(mu *sync.Mutex) bool {
	if !mu.TryLock() {
		return false
	}
	mu.Unlock()
	return true
}

// TestLongMessagesTakeTurns shows that no more long messages are processed at a time than there are
// slots, and that short ones need none.
func TestLongMessagesTakeTurns(t *testing.T) {
	w := newWorld(t)
	for range w.longMessages.Slots() {
		w.longMessages.Acquire()
	}
	long, short := dial(t, w, "/realtime/records/a"), dial(t, w, "/realtime/records/a")
	long.receive(protocol.SyncRequest)
	short.receive(protocol.SyncRequest)
	long.write(typing(1, longMessage))
	w.until("it waits for its turn", func() bool { return w.longMessages.Waiting() == 1 })
	short.sendMessage(protocol.Update, insertion(2, 0))
	if got := short.receive(protocol.Update); strings.Count(string(got), "x") > 10 {
		t.Error("the long one has gone ahead")
	}
	w.longMessages.Release()
	for got := 0; got < longMessage; {
		got += strings.Count(string(short.receive(protocol.Update)), "x")
	}
	for range w.longMessages.Slots() - 1 {
		w.longMessages.Release()
	}
}

// TestReadAllocs shows that short messages that come whole or in two parts need no reservation, and
// that whole ones allocate nothing.
func TestReadAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("pools forget at random under the race detector")
	}
	w := newWorld(t, with(Config{Unlimited: true}))
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	c := w.only()
	c.reading.Lock()
	defer c.reading.Unlock()
	frame := masked(gws.OpcodePong, make([]byte, 100))
	buf := make([]byte, len(frame))
	if n := testing.AllocsPerRun(200, func() { copy(buf, frame); c.Receive(buf) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	long := masked(gws.OpcodePong, make([]byte, 125))
	for range 10 {
		c.Receive(append([]byte(nil), long[:60]...))
		if c.incoming.Load() != nil || w.budget.Used() != 0 {
			t.Fatal("something is reserved")
		}
		c.Receive(append([]byte(nil), long[60:]...))
	}
}
