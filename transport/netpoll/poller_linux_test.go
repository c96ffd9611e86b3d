package netpoll

import (
	"bytes"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = 30 * time.Second

// until waits for a condition that another goroutine is about to make true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not yet", what)
		}
	}
}

// fastTicks has a tick every millisecond.
type fastTicks struct{}

func (fastTicks) UntilTick(now time.Time) time.Duration {
	return time.Millisecond - time.Duration(now.UnixNano())%time.Millisecond
}
func (fastTicks) AllRead(time.Time) {}

// owner is a Handler that keeps its input, or counts it as parts of a long message.
type owner struct {
	lock sync.Mutex
	conn Conn
	far  net.Conn // the client

	got     []byte
	message int // bytes of the message that has begun; 0: input is kept
	read    int // bytes of it that have come
	cost    int // the cost that Receive returns beyond the bytes that came
	hungUp  int // how often HungUp was called
	mayWait time.Duration
	ended   chan struct{}
	waits   chan struct{}
	stalled bool
}

func (o *owner) Receive(b []byte) int {
	if o.message > 0 {
		o.read += len(b)
	} else {
		o.got = append(o.got, b...)
	}
	return len(b) + o.cost
}

func (o *owner) Pending() int                    { return o.message - o.read }
func (o *owner) MayWait(time.Time) time.Duration { return o.mayWait }
func (o *owner) HungUp()                         { o.hungUp++ }
func (o *owner) WriteWaits()                     { o.waits <- struct{}{} }
func (o *owner) Stalled() bool                   { return o.stalled }
func (o *owner) Closed() {
	o.conn.Unwatch()
	o.conn.Shutdown()
	go func() { o.conn.Close(); close(o.ended) }()
}

// do calls f with the lock held.
func (o *owner) do(f func()) {
	o.lock.Lock()
	defer o.lock.Unlock()
	f()
}

func (o *owner) in() (in set) {
	o.do(func() { in = o.conn.(*pollConn).in })
	return in
}

// send makes the client send text, and waits until it is received.
func (o *owner) send(t *testing.T, text string) {
	t.Helper()
	if _, err := o.far.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	until(t, "it is received", func() (has bool) {
		o.do(func() {
			if has = string(o.got) == text; has {
				o.got = nil
			}
		})
		return has
	})
}

// add returns a watched connection of the pollers.
func add(t *testing.T, ps *Pollers) *owner {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := &owner{ended: make(chan struct{}), waits: make(chan struct{}, 100)}
	if o.far, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.far.Close() })
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	o.conn = ps.Add(o, &o.lock, near)
	o.do(o.conn.Watch)
	return o
}

// end makes the clients leave, and closes the pollers.
func end(ps *Pollers, owners ...*owner) {
	for _, o := range owners {
		o.far.Close()
		<-o.ended
	}
	ps.Close()
}

// TestActiveConnections shows which connections are read at ticks, that nothing of them is lost,
// and that they are idle again after a silence.
func TestActiveConnections(t *testing.T) {
	ps := New(fastTicks{})
	ps.NewFor = 0
	o := add(t, ps)
	if in := o.in(); in != setIdle {
		t.Errorf("it has sent nothing, and is in set %d", in)
	}
	until(t, "it is paced", func() bool { o.send(t, "x"); return o.in() == setPaced })
	c := o.conn.(*pollConn)
	var last time.Time
	o.do(func() { last = c.last })
	if !c.staysActive(last.Add(activeEnds-1)) || o.in() != setPaced {
		t.Error("it is idle after a short silence")
	}
	until(t, "it is idle after a long silence", func() bool { // the poller may hold the lock
		return !c.staysActive(last.Add(activeEnds)) && o.in() == setIdle
	})
	o.send(t, "still read")
	s := &scheduler{sets: c.sets, ticks: fastTicks{}}
	until(t, "none is active", func() bool { // the poller may be reading it
		s.endSilent(time.Now().Add(2 * activeEnds))
		return len(c.sets.appendActive(nil)) == 0
	})
	end(ps, o)
}

// TestNewConnections shows that a new connection is read at once for a while, however often it
// sends.
func TestNewConnections(t *testing.T) {
	ps := New(fastTicks{})
	ps.NewFor = time.Hour
	o := add(t, ps)
	for range 10 {
		o.send(t, "x")
	}
	if in := o.in(); in != setNew {
		t.Errorf("it is in set %d", in)
	}
	o.do(func() { o.conn.(*pollConn).made = time.Time{} })
	until(t, "it is paced", func() bool { o.send(t, "x"); return o.in() == setPaced })
	end(ps, o)
}

// TestMayWait shows that an active connection is not read while it may wait.
func TestMayWait(t *testing.T) {
	ps := New(fastTicks{})
	ps.NewFor = 0
	o := add(t, ps)
	until(t, "it is paced", func() bool { o.send(t, "x"); return o.in() == setPaced })
	c := o.conn.(*pollConn)
	o.do(func() { o.mayWait = time.Hour })
	if _, err := o.far.Write([]byte("later")); err != nil {
		t.Fatal(err)
	}
	until(t, "it has come", c.Unread)
	if c.read(make([]byte, readBuffer)); !c.Unread() {
		t.Error("it is read")
	}
	o.do(func() { o.mayWait = 0 })
	until(t, "it is received", func() (has bool) { o.do(func() { has = string(o.got) == "later" }); return has })
	end(ps, o)
}

// TestSocketsReused shows that connections that come and go at once are not mixed up, though the
// kernel gives the number of a closed socket to the next one.
func TestSocketsReused(t *testing.T) {
	ps := New(fastTicks{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 25 {
				o := add(t, ps)
				o.send(t, string(rune('a'+i))+string(rune('a'+j)))
				o.far.Close()
				<-o.ended
			}
		})
	}
	all.Wait()
	for _, p := range ps.all {
		p.mu.Lock()
		for fd, c := range p.conns {
			if c != nil {
				t.Errorf("socket %d is left", fd)
			}
		}
		if len(p.writers) > 0 {
			t.Errorf("%d writers are left", len(p.writers))
		}
		p.mu.Unlock()
	}
	ps.Close()
}

// TestOnePoller shows the same as TestActiveConnections with one processor, where the poller calls
// Ticks.AllRead.
func TestOnePoller(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	t.Run("active connections", TestActiveConnections)
	t.Run("may wait", TestMayWait)
	t.Run("sockets reused", TestSocketsReused)
}

// TestWakeReplacedByError shows that a writer that is to end gets the error though it has been
// woken just before.
func TestWakeReplacedByError(t *testing.T) {
	woken := make(chan error, 1)
	s := &sets{writers: map[int]chan error{1: woken}}
	s.wake(1, nil)
	s.wake(1, os.ErrDeadlineExceeded)
	s.wake(1, nil)
	if err := <-woken; err != os.ErrDeadlineExceeded {
		t.Errorf("it is woken with %v", err)
	}
	s.wake(2, os.ErrDeadlineExceeded) // socket 2 has no writer
}

// TestWriteWaits shows that a write to a client that reads nothing waits, continues when the client
// reads, and ends after Unblock only if it is stalled, and that no waiting writer is registered
// after that.
func TestWriteWaits(t *testing.T) {
	ps := New(fastTicks{})
	o := add(t, ps)
	big := bytes.Repeat([]byte("x"), 16<<20)
	written := make(chan error, 1)
	go func() { written <- o.conn.Write(big) }()
	<-o.waits
	waits := func() (waits bool) {
		Inspect(o.conn, func(s State) { waits = s.WriteWaits })
		return waits
	}
	until(t, "the write waits", waits)
	o.conn.Unblock()
	until(t, "it has seen that", waits)
	got := make(chan int64, 1)
	go func() { n, _ := io.Copy(io.Discard, io.LimitReader(o.far, int64(len(big)))); got <- n }()
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != int64(len(big)) {
		t.Errorf("%d bytes", n)
	}
	o.stalled = true
	go func() { written <- o.conn.Write(big) }()
	<-o.waits
	until(t, "the write ends", func() bool {
		o.conn.Unblock()
		return len(written) > 0
	})
	if err := <-written; err != os.ErrDeadlineExceeded {
		t.Error(err)
	}
	sets := o.conn.(*pollConn).sets
	sets.mu.Lock()
	if n := len(sets.writers); n != 0 {
		t.Errorf("%d writers are left", n)
	}
	sets.mu.Unlock()
	end(ps, o)
}

// stoppedPollers returns pollers with one poller that has no goroutine: the test calls round.
func stoppedPollers(t *testing.T) (*Pollers, *poller) {
	t.Helper()
	p, err := makePoller(fastTicks{}, time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.wait.close(); p.writable.close(); p.end() })
	return &Pollers{NewFor: time.Hour, ticks: fastTicks{}, all: []*poller{p}, most: 1}, p
}

// round calls turn for each set that is ready, as the poller's goroutine does.
func (p *poller) round() {
	for _, e := range p.wait.ready(make([]unix.EpollEvent, 16)) {
		p.turn(int(e.Fd))
	}
}

// endInRounds makes the clients leave, and calls round until all have ended.
func endInRounds(t *testing.T, p *poller, owners ...*owner) {
	t.Helper()
	for _, o := range owners {
		o.far.Close()
		until(t, "it has ended", func() bool {
			p.round()
			select {
			case <-o.ended:
				return true
			default:
				return false
			}
		})
	}
}

func (o *owner) unread(t *testing.T) (n int) {
	t.Helper()
	Inspect(o.conn, func(s State) {
		var err error
		if n, err = unix.IoctlGetInt(s.FD, unix.TIOCINQ); err != nil {
			t.Fatal(err)
		}
	})
	return n
}

// TestCostEndsTurns shows that a round reads one piece of a long message if that piece costs a
// whole turn.
func TestCostEndsTurns(t *testing.T) {
	const size, slice = 1 << 20, 8 << 10
	ps, p := stoppedPollers(t)
	p.buf = p.buf[:slice]
	o := add(t, ps)
	o.message, o.cost = size, bulkTurn
	go o.far.Write(make([]byte, size-1))
	until(t, "some has come", func() bool { return o.unread(t) > 4*slice })
	for round := range 3 {
		before := o.read
		p.round()
		if n := o.read - before; n == 0 || n > slice {
			t.Errorf("round %d: %d bytes are read", round, n)
		}
	}
	endInRounds(t, p, o)
}

// TestLongMessagesInSlices shows that long messages of several clients are read in pieces, about as
// much of each, and that a short message of another client is read before the next pieces.
func TestLongMessagesInSlices(t *testing.T) {
	const senders, size = 8, 4 << 20
	ps, p := stoppedPollers(t)
	var owners []*owner
	for range senders {
		o := add(t, ps)
		o.message = size
		owners = append(owners, o)
		go o.far.Write(make([]byte, size-1))
	}
	short := add(t, ps)
	for _, o := range owners {
		until(t, "some has come", func() bool { return o.unread(t) > readBuffer })
	}
	trips := 0
	for sum := 0; sum < senders*(size-1); trips++ {
		if _, err := short.far.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		until(t, "the short one has come", func() bool { return short.unread(t) > 0 })
		before := make([]int, senders)
		for i, o := range owners {
			before[i] = o.read
		}
		p.round()
		if short.unread(t) > 0 {
			t.Fatal("the short one has not been read")
		}
		read := 0
		for i, o := range owners {
			n := o.read - before[i]
			if read += n; n > bulkTurn {
				t.Fatalf("%d of one have been read at a time", n)
			}
			if trips == 0 && o.in() != setBulk {
				t.Error("it is not read in slices")
			}
		}
		if sum += read; read > bulkTurn+senders*readBuffer {
			t.Fatalf("%d have been read at a time", read)
		}
	}
	if least := senders * size / (bulkTurn + senders*readBuffer); trips < least {
		t.Errorf("%d rounds, want at least %d", trips, least)
	}
	endInRounds(t, p, append(owners, short)...)
}
