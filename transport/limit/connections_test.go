package limit

import (
	"net/netip"
	"testing"

	"github.com/VictoriaMetrics/metrics"
)

// TestSetUserAgain shows that a connection counts once, for the last user that was set, also if
// several sessions set one and the limit is reached.
func TestSetUserAgain(t *testing.T) {
	c := NewConnections(ConnectionsConfig{Total: 9, PerIP: 9, PerUser: 1}, metrics.NewSet())
	take := func() Slot {
		s, err := c.Take(netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, other := take(), take()
	for _, user := range []string{"ann", "ann", "bob", "", "bob"} {
		if err := c.SetUser(&s, user); err != nil {
			t.Errorf("%q: %v", user, err)
		}
	}
	if err := c.SetUser(&other, "bob"); err != errOverUser {
		t.Errorf("a second one of bob: %v", err)
	}
	if err := c.SetUser(&other, "ann"); err != nil {
		t.Errorf("one of ann: %v", err)
	}
	c.Release(s)
	c.Release(other)
	if all, _, users := c.Len(); all != 0 || users != 0 {
		t.Errorf("left: %d connections, %d users", all, users)
	}
}

// TestReleaseForgetsCounts shows that nothing is kept of connections that have ended.
func TestReleaseForgetsCounts(t *testing.T) {
	c := NewConnections(ConnectionsConfig{Total: 3, PerIP: 2, PerUser: 1}, metrics.NewSet())
	var slots []Slot
	here := netip.MustParseAddr("192.0.2.1")
	for user, ip := range map[string]netip.Addr{"ann": here, "": {}, "bob": here} {
		s, err := c.Take(ip)
		if err == nil {
			err = c.SetUser(&s, user)
		}
		if err != nil {
			t.Fatal(err)
		}
		slots = append(slots, s)
	}
	if all, ips, users := c.Len(); all != 3 || ips != 1 || users != 2 {
		t.Errorf("%d connections, %d addresses, %d users", all, ips, users)
	}
	for _, s := range slots {
		c.Release(s)
	}
	if all, ips, users := c.Len(); all != 0 || ips != 0 || users != 0 {
		t.Errorf("left: %d connections, %d addresses, %d users", all, ips, users)
	}
}
