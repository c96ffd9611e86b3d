package netpoll

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stoppedRelays returns n relays of a poller that has no goroutine, and whose timer never expires:
// the test calls round and tick. They count as new for newFor.
func stoppedRelays(
	t *testing.T, n int, kind relayKind, newFor time.Duration,
) (p *poller, all []*relayed) {
	t.Helper()
	ps, p := stoppedPollers(t)
	p.newFor = newFor
	s, err := p.passers()
	if err != nil {
		t.Fatal(err)
	}
	s.ticks, s.gap = rareTicks{}, time.Hour
	for range n {
		all = append(all, newRelayed(t, ps, kind, ""))
	}
	t.Cleanup(func() { // before newRelayed's
		for _, r := range all {
			r.Abort()
			until(t, "it has ended", func() bool {
				p.round()
				p.tickRelays()
				select {
				case <-r.ended:
					return true
				default:
					return false
				}
			})
		}
	})
	for _, r := range all {
		until(t, "it has begun", func() bool {
			p.round()
			return r.polled(ps).begun
		})
	}
	return p, all
}

// rareTicks has a tick every hour.
type rareTicks struct{ fastTicks }

func (rareTicks) UntilTick(time.Time) time.Duration { return time.Hour }

// tickRelays does what the poller does when the timer of relays expires, and returns for how many
// sockets.
func (p *poller) tickRelays() uint64 {
	before := p.reports.Load()
	p.turn(p.passing.Load().timer.fd)
	return p.reports.Load() - before
}

// wakeUps returns how many sets a poller is woken for.
func (p *poller) wakeUps() int { return len(p.wait.ready(make([]unix.EpollEvent, 16))) }

// timed reports whether the timer of relays is running.
func (p *poller) timed(t *testing.T) bool {
	t.Helper()
	var at unix.ItimerSpec
	if err := unix.TimerfdGettime(p.passing.Load().timer.fd, &at); err != nil {
		t.Fatal(err)
	}
	return at.Value != unix.Timespec{}
}

// waiting returns how many bytes wait in the client's socket of a relay.
func (r *relayed) waiting(t *testing.T, p *poller) int {
	t.Helper()
	n, err := unix.IoctlGetInt(r.polled(&Pollers{all: []*poller{p}}).client.fd, unix.TIOCINQ)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// mustSend makes the client of a relay send text, and waits until the poller can read it.
func (r *relayed) mustSend(t *testing.T, p *poller, text string) {
	t.Helper()
	before := r.waiting(t, p)
	if _, err := io.WriteString(r.client, text); err != nil {
		t.Fatal(err)
	}
	until(t, "it has come", func() bool { return r.waiting(t, p) >= before+len(text) })
}

func mustGet(t *testing.T, from net.Conn, want string) {
	t.Helper()
	_ = from.SetReadDeadline(time.Now().Add(patience))
	defer from.SetReadDeadline(time.Time{})
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Fatalf("%q, %v, want %q", got, err, want)
	}
}

// TestRelaysAtTicks shows that the first message of idle clients is passed at once; that until a
// tick finds nothing, no message wakes the poller, and a tick passes all of them, those of a client
// in one piece; that there is no timer after that; and that what comes from the server waits for no
// tick.
func TestRelaysAtTicks(t *testing.T) {
	const n = 30
	p, all := stoppedRelays(t, n, relayKind{}, 0)
	for p.tickRelays() > 0 {
	}
	if p.timed(t) || p.wakeUps() > 0 {
		t.Fatal("idle relays cost a timer")
	}
	for range 2 {
		all[0].mustSend(t, p, "first")
		p.round()
		mustGet(t, all[0].server, "first")
		var toServer [n]uint32
		for i, r := range all {
			up, _ := r.Progress()
			toServer[i] = up.Taken
			for _, text := range []string{"a", "b", "c"} {
				r.mustSend(t, p, text)
			}
			mustPass(t, r.server, r.client, "down")
		}
		if woken := p.wakeUps(); woken > 0 || !p.timed(t) {
			t.Fatal("active relays wake the poller between ticks")
		}
		if served := p.tickRelays(); served != n {
			t.Errorf("%d sockets were served, want each of %d", served, n)
		}
		for i, r := range all {
			if up, _ := r.Progress(); up.Taken != toServer[i]+1 {
				t.Errorf("relay %d: the messages of a tick are not passed in one piece", i)
			}
			mustGet(t, r.server, "abc")
		}
		if p.tickRelays() > 0 || p.timed(t) {
			t.Error("a tick without messages is not the last")
		}
	}
}

// TestRelaysAtOnce shows that no message of the client of a new relay waits for a tick, and that
// those of an old one do.
func TestRelaysAtOnce(t *testing.T) {
	p, all := stoppedRelays(t, 2, relayKind{}, time.Hour)
	old, r := all[0], all[1]
	old.polled(&Pollers{all: []*poller{p}}).made = time.Time{}
	old.mustSend(t, p, "at once")
	p.round()
	for range 3 {
		old.mustSend(t, p, ", later")
		for range 3 {
			r.mustSend(t, p, "up")
			p.round()
			mustGet(t, r.server, "up")
		}
	}
	if n := old.waiting(t, p); n == 0 {
		t.Error("messages of the old relay do not wait")
	}
	p.tickRelays()
	mustGet(t, old.server, "at once, later, later, later")
}

// TestLongTransfersAtOnce shows that a long transfer by the client of an old relay waits for no
// tick but the first, also if the server takes little at a time.
func TestLongTransfersAtOnce(t *testing.T) {
	for name, kind := range map[string]relayKind{
		"plain": {}, "over TLS": {clientTLS: tls.VersionTLS13},
	} {
		t.Run(name, func(t *testing.T) {
			p, all := stoppedRelays(t, 1, kind, 0)
			r, sent := all[0], randomBytes(1<<20)
			written := make(chan error, 1)
			go func() {
				_, err := r.client.Write(sent)
				written <- err
			}()
			until(t, "much has come", func() bool { return r.waiting(t, p) > relayChunk+1<<10 })
			p.tickRelays()
			got := make([]byte, len(sent))
			read := make(chan error, 1)
			go func() {
				_, err := io.ReadFull(r.server, got)
				read <- err
			}()
			until(t, "it is passed", func() bool {
				p.round()
				return len(written) > 0 && len(read) > 0
			})
			if err := errors.Join(<-written, <-read); err != nil || !bytes.Equal(got, sent) {
				t.Error("it has changed", err)
			}
		})
	}
}

// TestCallsAtTicks shows that a call is made once at the next tick, for however often it was asked,
// that there is no timer after a tick without calls, and that a poller that has ended makes them at
// once.
func TestCallsAtTicks(t *testing.T) {
	ps, p := stoppedPollers(t)
	s, err := p.passers()
	if err != nil {
		t.Fatal(err)
	}
	s.ticks, s.gap = rareTicks{}, time.Hour
	calls := 0
	soon := ps.AtTicks(func() { calls++ })
	for n := 1; n <= 3; n++ {
		soon()
		soon()
		if calls != n-1 || !p.timed(t) {
			t.Fatalf("%d calls before tick %d", calls, n)
		}
		p.tickRelays()
		if calls != n || !p.timed(t) {
			t.Fatalf("%d calls after tick %d", calls, n)
		}
		if n == 2 { // the next one begins again
			if p.tickRelays(); p.timed(t) {
				t.Fatal("there is a timer after a tick without calls")
			}
		}
	}
	soon()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.callDue()
	if soon(); calls != 5 {
		t.Errorf("%d calls after the end", calls)
	}
}
