package limit

import (
	"net/netip"
	"testing"
	"time"
)

// TestAttempts shows that an address must wait after ten failures, that it gets one attempt back a
// second, and that one line a minute has the number of failures since the line before.
func TestAttempts(t *testing.T) {
	a, now := NewAttempts(time.Now()), time.Duration(0)
	a.Now = func() time.Duration { return now }
	ip := netip.MustParseAddr("127.0.0.1")
	fail := func(wantWait time.Duration, wantReport int) {
		t.Helper()
		if wait, report := a.Failed(ip); wait != wantWait || report != wantReport {
			t.Errorf("after %v: wait %v, report %d; want %v, %d", now, wait, report, wantWait, wantReport)
		}
	}
	fail(0, 1)
	for range attemptBurst - 1 {
		fail(0, 0)
	}
	fail(time.Second, 0)
	fail(time.Second, 0)
	now = time.Second
	fail(0, 0)
	fail(time.Second, 0)
	now = SampleInterval
	fail(0, attemptBurst-1+5)
	if wait, report := a.Failed(netip.MustParseAddr("127.0.0.2")); wait != 0 || report != 1 {
		t.Errorf("another address: wait %v, report %d", wait, report)
	}
}

// TestAttemptsByNetwork shows that addresses of one IPv6 network are one, and that the number of
// remembered addresses is bounded.
func TestAttemptsByNetwork(t *testing.T) {
	a := NewAttempts(time.Now())
	ip := netip.MustParseAddr("2001:db8::1")
	for range attemptBurst {
		a.Failed(ip)
		ip = ip.Next()
	}
	if wait, _ := a.Failed(ip); wait == 0 || a.Len() != 1 {
		t.Errorf("wait %v, %d addresses", wait, a.Len())
	}
	ip = netip.MustParseAddr("10.0.0.0")
	for range 2 * maxAttempts {
		a.Failed(ip)
		ip = ip.Next()
	}
	if a.Len() != maxAttempts {
		t.Errorf("%d addresses are remembered", a.Len())
	}
}
