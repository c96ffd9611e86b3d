package suspicious

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	home   = netip.MustParseAddr("192.0.2.1")
	office = netip.MustParseAddr("192.0.2.2")
)

// clock is a Detector whose time the test sets.
type clock struct {
	*Detector
	now time.Duration
}

func newClock(c Config) *clock {
	w := &clock{Detector: New(c, time.Time{})}
	w.Detector.Now = func() time.Duration { return w.now }
	return w
}

// hits calls f n times and returns the numbers of the calls, from 1 on, that were reported.
func hits(n int, f func(i int) bool) (at []int) {
	for i := range n {
		if f(i) {
			at = append(at, i+1)
		}
	}
	return at
}

func (w *clock) want(t *testing.T, name string, got []int, want ...int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: reported at %v, want %v", name, got, want)
	}
}

// TestPatterns shows that each pattern is reported once when its number is reached, for the client
// that does it alone, and again in the next window.
func TestPatterns(t *testing.T) {
	w := newClock(Config{Connections: 5, SignIns: 4, Messages: 3, Records: 3, Addresses: 2})
	for p, call := range map[Pattern]func(i int, other bool) bool{
		RapidConnections: func(_ int, other bool) bool { return w.Connection(of(other)) },
		FailedSignIns:    func(_ int, other bool) bool { return w.SignInFailed(of(other)) },
		InvalidMessages:  func(_ int, other bool) bool { return w.Invalid(map[bool]string{true: "u2", false: "u1"}[other], home) },
		RefusedRecords: func(i int, other bool) bool {
			return w.RecordRefused(map[bool]string{true: "b", false: "a"}[other], fmt.Sprint("record:", i))
		},
		TokenAddresses: func(i int, other bool) bool {
			return w.TokenUsed(map[bool]string{true: "b", false: "a"}[other], netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		},
	} {
		n := w.Threshold(p)
		w.want(t, p.String(), hits(50, func(i int) bool { return call(i, false) }), n)
		w.want(t, p.String()+", another client", hits(n-1, func(i int) bool { return call(i, true) }))
		w.now += p.Window() - 1
		w.want(t, p.String()+", in the window", hits(50, func(i int) bool { return call(i, false) }))
		w.now++
		w.want(t, p.String()+", in the next window", hits(50, func(i int) bool { return call(i, false) }), n)
	}
}

func of(other bool) netip.Addr {
	if other {
		return office
	}
	return home
}

// TestDistinct shows that the same record, and the same address, count once.
func TestDistinct(t *testing.T) {
	w := newClock(Config{})
	w.want(t, "one record", hits(1000, func(int) bool { return w.RecordRefused("a", "record:r") }))
	w.want(t, "two addresses", hits(1000, func(i int) bool { return w.TokenUsed("a", of(i%2 == 0)) }))
}

// TestNotCounted shows that clients without an address or a token are not counted, as they are
// several, that a user counts instead of the address, and that Off turns everything off.
func TestNotCounted(t *testing.T) {
	one := Config{Connections: 1, SignIns: 1, Messages: 1, Records: 1, Addresses: 1}
	w, off := newClock(one), one
	off.Off = true
	silent := newClock(off)
	var none netip.Addr
	for name, hit := range map[string]bool{
		"connection":   w.Connection(none) || silent.Connection(home),
		"sign-in":      w.SignInFailed(none) || silent.SignInFailed(home),
		"message":      w.Invalid("", none) || silent.Invalid("u1", home),
		"record":       w.RecordRefused("", "record:r") || silent.RecordRefused("a", "record:r"),
		"token":        w.TokenUsed("", home) || w.TokenUsed("a", none) || silent.TokenUsed("a", home),
		"nobody named": !w.Invalid("", home) || !w.Invalid("u1", none),
	} {
		if hit {
			t.Errorf("%s: counted", name)
		}
	}
	if silent.Len() != 0 {
		t.Errorf("%d clients are remembered", silent.Len())
	}
}

// TestMemory shows that the number of clients is bounded, and that they are forgotten.
func TestMemory(t *testing.T) {
	w := newClock(Config{})
	for i := range 3 * maxClients {
		ip := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		w.Connection(ip)
		w.TokenUsed(fmt.Sprint(i), ip)
	}
	if n := w.Len(); n != 2*maxClients {
		t.Errorf("%d clients are remembered", n)
	}
	w.now = time.Minute
	if w.Sweep(); w.Len() != maxClients {
		t.Errorf("%d clients after a minute", w.Len())
	}
	w.now = 10 * time.Minute
	if w.Sweep(); w.Len() != 0 {
		t.Errorf("%d clients after ten minutes", w.Len())
	}
}

// TestAllocs shows that counting a client that is known allocates nothing.
func TestAllocs(t *testing.T) {
	w := newClock(Config{})
	w.Connection(home)
	if n := testing.AllocsPerRun(100, func() { w.Connection(home) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkConnection measures what a handshake pays.
func BenchmarkConnection(b *testing.B) {
	d := New(Config{}, time.Now())
	for b.Loop() {
		d.Connection(home)
	}
}

// TestSetConfig shows that numbers can be changed while clients are counted, and that patterns can
// be turned off and on.
func TestSetConfig(t *testing.T) {
	w := newClock(Config{Connections: 100})
	w.want(t, "before", hits(5, func(int) bool { return w.Connection(home) }))
	w.SetConfig(Config{Connections: 7})
	w.want(t, "with another number", hits(5, func(int) bool { return w.Connection(home) }), 2)
	w.SetConfig(Config{Off: true, Connections: 1})
	w.want(t, "off", hits(5, func(int) bool { return w.Connection(office) }))
	w.SetConfig(Config{Connections: 1})
	w.want(t, "on", hits(5, func(int) bool { return w.Connection(office) }), 1)
}
