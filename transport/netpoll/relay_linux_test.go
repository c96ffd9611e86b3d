package netpoll

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// relayKinds are the relays of the tests.
var relayKinds = map[string]relayKind{
	"plain":               {},
	"client over TLS":     {clientTLS: tls.VersionTLS13},
	"client over TLS 1.2": {clientTLS: tls.VersionTLS12},
	"goroutines":          {goroutines: true},
	"goroutines over TLS": {goroutines: true, clientTLS: tls.VersionTLS13},
}

type relayKind struct {
	clientTLS  uint16 // the version; 0: without TLS
	goroutines bool
	session    *session // that has the stream; nil: a new one
}

// relayed is a relay between the ends that a test has.
type relayed struct {
	*Relay
	client, server halfCloser
	ended          chan struct{}
}

type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// session is a session between two nodes.
type session struct {
	client   *mux.Session
	accepted chan *mux.Stream
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{accepted: make(chan *mux.Stream, 1)}
	near, far := tcpPair(t)
	server := mux.Server(far, mux.Config{Accept: func(st *mux.Stream, _ []byte) {
		if st.Answer(nil) == nil {
			s.accepted <- st
		}
	}})
	s.client = mux.Client(near, mux.Config{})
	t.Cleanup(func() { s.client.Close(); server.Close() })
	return s
}

// open returns both ends of a new stream.
func (s *session) open(t *testing.T) (near, far *mux.Stream) {
	t.Helper()
	near, _, err := s.client.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return near, <-s.accepted
}

// newRelayed returns a relay. early is sent by the client before the relay begins.
func newRelayed(t *testing.T, ps *Pollers, kind relayKind, early string) *relayed {
	t.Helper()
	r := &relayed{ended: make(chan struct{})}
	far, near := tcpPair(t)
	r.client = far
	var client net.Conn = near
	if v := kind.clientTLS; v != 0 {
		secure := tls.Client(far, &tls.Config{InsecureSkipVerify: true, MaxVersion: v})
		accepted := OverTLS(near, serverTLS())
		shakeHands(t, secure, accepted)
		r.client, client = secure, accepted
	}
	if _, err := io.WriteString(r.client, early); err != nil {
		t.Fatal(err)
	}
	if kind.session == nil {
		kind.session = newSession(t)
	}
	stream, server := kind.session.open(t)
	r.server = server
	ended := func(*Relay) { close(r.ended) }
	if kind.goroutines {
		r.Relay = newGoRelay(client, stream, ended)
	} else {
		r.Relay = ps.Relay(client, stream, ended)
	}
	t.Cleanup(func() {
		r.Abort()
		<-r.ended
	})
	return r
}

func serverTLS() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{testCertificate()}}
}

func shakeHands(t *testing.T, client, server *tls.Conn) {
	t.Helper()
	shaken := make(chan error, 1)
	go func() { shaken <- client.Handshake() }()
	if err := errors.Join(server.Handshake(), <-shaken); err != nil {
		t.Fatal(err)
	}
}

// pairListener is one for all, as the system takes long to find many free ports.
var pairListener = sync.OnceValues(func() (net.Listener, error) {
	return net.Listen("tcp", "127.0.0.1:0")
})

// tcpPair returns both ends of a TCP connection.
func tcpPair(t *testing.T) (dialled, accepted *net.TCPConn) {
	t.Helper()
	l, err := pairListener()
	if err != nil {
		t.Fatal(err)
	}
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	for _, c := range []net.Conn{a, b} { // little fits into the kernel
		_ = c.(*net.TCPConn).SetReadBuffer(32 << 10)
		_ = c.(*net.TCPConn).SetWriteBuffer(32 << 10)
	}
	return a.(*net.TCPConn), b.(*net.TCPConn)
}

// forRelays runs a test for all kinds of relays: those that pass at once, and at ticks.
func forRelays(t *testing.T, f func(t *testing.T, ps *Pollers, kind relayKind)) {
	for name, kind := range relayKinds {
		for _, newFor := range []time.Duration{0, time.Hour} {
			if kind.goroutines && newFor > 0 {
				continue // they know no ticks
			}
			t.Run(fmt.Sprintf("%s, new for %v", name, newFor), func(t *testing.T) {
				ps := New(fastTicks{})
				ps.NewFor = newFor
				t.Cleanup(ps.Close)
				f(t, ps, kind)
			})
		}
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = source.Read(b)
	return b
}

// TestRelay shows that everything is passed both ways at a time, unchanged, with what came before
// the relay began; that the end of a direction is passed after its last byte while the other goes
// on; and that the relay ends after both, and has counted the bytes.
func TestRelay(t *testing.T) {
	forRelays(t, func(t *testing.T, ps *Pollers, kind relayKind) {
		r := newRelayed(t, ps, kind, "early")
		up, down := randomBytes(1<<20), randomBytes(700_000)
		var gotUp, gotDown []byte
		var failed [4]error
		var all sync.WaitGroup
		all.Go(func() {
			_, failed[0] = r.client.Write(up)
			failed[0] = errors.Join(failed[0], r.client.CloseWrite())
		})
		all.Go(func() { gotUp, failed[1] = io.ReadAll(r.server) })
		all.Go(func() { gotDown, failed[2] = io.ReadAll(r.client) })
		all.Go(func() { _, failed[3] = r.server.Write(down) })
		until(t, "the client's end is passed", func() bool {
			toServer, toClient := r.Progress()
			return toServer.Over && !toClient.Over
		})
		if _, err := io.WriteString(r.server, "late"); err != nil {
			t.Fatal(err)
		}
		if err := r.server.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		<-r.ended
		if err := errors.Join(failed[:]...); err != nil {
			t.Error(err)
		}
		if want := append([]byte("early"), up...); !bytes.Equal(gotUp, want) {
			t.Errorf("%d bytes came to the server, want %d", len(gotUp), len(want))
		}
		toServer, toClient := r.Progress()
		if toServer.Bytes != uint64(len(gotUp)) || toClient.Bytes != uint64(len(gotDown)) {
			t.Errorf("%d and %d bytes are counted, %d and %d came",
				toServer.Bytes, toClient.Bytes, len(gotUp), len(gotDown))
		}
		if len(gotDown) != len(down)+len("late") || !bytes.Contains(gotDown, []byte("late")) {
			t.Errorf("%d bytes came to the client", len(gotDown))
		}
	})
}

// TestRelayToSlowReader shows that an end that takes nothing holds up neither the other direction
// nor other relays, that little waits for it, and that it gets everything when it reads on.
func TestRelayToSlowReader(t *testing.T) {
	forRelays(t, func(t *testing.T, ps *Pollers, kind relayKind) {
		slow, other := newRelayed(t, ps, kind, ""), newRelayed(t, ps, kind, "")
		sent := randomBytes(2 << 20)
		written := make(chan error, 1)
		go func() {
			_, err := slow.server.Write(sent)
			written <- errors.Join(err, slow.server.CloseWrite())
		}()
		until(t, "bytes wait for the client", func() bool {
			_, toClient := slow.Progress()
			return toClient.Waits
		})
		for range 100 {
			for _, r := range []*relayed{slow, other} {
				mustPass(t, r.client, r.server, "to the server")
			}
			mustPass(t, other.server, other.client, "to the client")
		}
		if _, toClient := slow.Progress(); toClient.Bytes >= uint64(len(sent)) || toClient.Over {
			t.Error("everything was read for a client that takes nothing")
		}
		got, err := io.ReadAll(slow.client)
		if err = errors.Join(err, <-written); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%d of %d bytes came: %v", len(got), len(sent), err)
		}
		_, toClient := slow.Progress()
		if toClient.Waits || toClient.Taken == 0 {
			t.Errorf("%+v", toClient)
		}
	})
}

func mustPass(t *testing.T, from, to net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Fatalf("%q, %v", got, err)
	}
}

// TestRelayPendingIsBounded shows that no more than a chunk waits in a relay for the server, and no
// more than a window for the client, whatever is sent.
func TestRelayPendingIsBounded(t *testing.T) {
	ps := New(fastTicks{})
	t.Cleanup(ps.Close)
	for name, kind := range relayKinds {
		if kind.goroutines {
			continue
		}
		const tries = 20 // the kernel may take the last that waits before the relay ends
		least := 0
		for n := 0; least == 0 && n < tries; n++ {
			client, server := pendingAtEnd(t, ps, kind)
			if client > mux.Window+4<<10 || server > relayChunk {
				t.Errorf("%s: %d and %d bytes wait", name, client, server)
			}
			least = min(client, server)
		}
		if least == 0 {
			t.Errorf("%s: no bytes wait", name)
		}
	}
}

// pendingAtEnd ends a relay in which bytes wait in both directions, and returns how many.
func pendingAtEnd(t *testing.T, ps *Pollers, kind relayKind) (client, server int) {
	t.Helper()
	r := newRelayed(t, ps, kind, "")
	go r.server.Write(make([]byte, 4<<20))
	go r.client.Write(make([]byte, 4<<20))
	until(t, "bytes wait for both", func() bool {
		toServer, toClient := r.Progress()
		return toClient.Waits && toServer.Waits
	})
	polled := r.polled(ps)
	r.Abort()
	<-r.ended
	polled.mu.Lock()
	defer polled.mu.Unlock()
	return len(polled.client.unsent), len(polled.unsent)
}

// polled returns what the poller knows of a relay.
func (r *relayed) polled(ps *Pollers) (found *polledRelay) {
	for _, p := range ps.all {
		if s := p.passing.Load(); s != nil {
			s.mu.Lock()
			for _, by := range s.sockets {
				if e, ok := by.(*polledRelay); ok && &e.Relay == r.Relay {
					found = e
				}
			}
			s.mu.Unlock()
		}
	}
	return found
}

// TestRelayAbort shows that Abort ends both connections, also while bytes wait for both.
func TestRelayAbort(t *testing.T) {
	forRelays(t, func(t *testing.T, ps *Pollers, kind relayKind) {
		for _, n := range []int{0, 2 << 20} {
			r := newRelayed(t, ps, kind, "")
			var all sync.WaitGroup
			all.Go(func() { _, _ = r.server.Write(make([]byte, n)) })
			all.Go(func() { _, _ = r.client.Write(make([]byte, n)) })
			until(t, "bytes wait", func() bool {
				toServer, toClient := r.Progress()
				return n == 0 || toServer.Waits && toClient.Waits
			})
			r.Abort()
			<-r.ended
			r.Abort()
			all.Wait()
			_, _ = io.Copy(io.Discard, r.client) // ends
			_, _ = io.Copy(io.Discard, r.server)
		}
	})
}

// TestRelayReset shows that a relay ends when an end is reset, while nothing is passed and while
// the other end takes nothing.
func TestRelayReset(t *testing.T) {
	forRelays(t, func(t *testing.T, ps *Pollers, kind relayKind) {
		for _, floods := range []bool{false, true} {
			r := newRelayed(t, ps, kind, "")
			if floods {
				go r.server.Write(make([]byte, 2<<20))
				until(t, "bytes wait", func() bool {
					_, toClient := r.Progress()
					return toClient.Waits
				})
			}
			tcp, ok := r.client.(*net.TCPConn)
			if !ok {
				tcp = r.client.(*tls.Conn).NetConn().(*net.TCPConn)
			}
			_ = tcp.SetLinger(0)
			tcp.Close()
			<-r.ended
		}
	})
}

// TestManyRelays shows that relays have no goroutines, and hold no buffers while they are idle.
func TestManyRelays(t *testing.T) {
	ps := New(fastTicks{})
	t.Cleanup(ps.Close)
	var most unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &most); err != nil {
		t.Fatal(err)
	}
	kind := relayKind{session: newSession(t)}
	first := newRelayed(t, ps, kind, "")
	mustPass(t, first.client, first.server, "first")
	before := runtime.NumGoroutine()
	all := make([]*relayed, min(4000, (int(most.Cur)-200)/2))
	for i := range all {
		all[i] = newRelayed(t, ps, kind, "")
	}
	for _, r := range all {
		mustPass(t, r.client, r.server, "to the server")
		mustPass(t, r.server, r.client, "to the client")
	}
	if now := runtime.NumGoroutine(); now > before+10 {
		t.Errorf("%d goroutines, %d before %d relays", now, before, len(all))
	}
	for _, r := range all {
		r.Abort()
		<-r.ended
	}
}

// TestWatchHangup shows that a client that closes its connection is reported, once, and neither one
// that sends nor one that is not watched any more.
func TestWatchHangup(t *testing.T) {
	ps := New(fastTicks{})
	t.Cleanup(ps.Close)
	far, near := tcpPair(t)
	hungUp := make(chan string, 3)
	ps.WatchHangup(near, func() { hungUp <- "one" })
	otherFar, otherNear := tcpPair(t)
	stop := ps.WatchHangup(otherNear, func() { hungUp <- "other" })
	stop()
	stop = ps.WatchHangup(otherNear, func() { hungUp <- "other, again" })
	if _, err := io.WriteString(otherFar, "sent"); err != nil {
		t.Fatal(err)
	}
	far.Close()
	if got := <-hungUp; got != "one" {
		t.Errorf("%q has hung up", got)
	}
	stop()
	mustPass(t, otherNear, otherFar, "it is still open")
	got := make([]byte, len("sent"))
	if _, err := io.ReadFull(otherNear, got); err != nil || string(got) != "sent" {
		t.Errorf("%q, %v", got, err)
	}
	otherFar.Close()
	third, thirdNear := tcpPair(t)
	ps.WatchHangup(thirdNear, func() { hungUp <- "third" })
	third.Close()
	if got := <-hungUp; got != "third" {
		t.Errorf("%q has hung up", got)
	}
}
