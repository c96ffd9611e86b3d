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

// others are servers that have as many connections of each address, and of each user.
type others struct{ address, user int }

func (o *others) ByAddress(netip.Addr) int { return o.address }

func (o *others) ByUser(string) int { return o.user }

// TestElsewhere shows that connections to other servers count for the limits by address and by
// user, and for that in all do not.
func TestElsewhere(t *testing.T) {
	c, o := NewConnections(ConnectionsConfig{Total: 5, PerIP: 4, PerUser: 3}, metrics.NewSet()), &others{3, 2}
	c.SetElsewhere(o)
	here := netip.MustParseAddr("192.0.2.1")
	s, err := c.Take(here)
	if err == nil {
		err = c.SetUser(&s, "ann")
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Take(here); err != errOverIP {
		t.Errorf("a second one from the address: %v", err)
	}
	other, err := c.Take(netip.Addr{})
	if err != nil {
		t.Errorf("one that is not counted by address: %v", err)
	}
	if err := c.SetUser(&other, "ann"); err != errOverUser {
		t.Errorf("a second one of the user: %v", err)
	}
	if addresses, users := c.Counts(); len(addresses) != 1 || addresses[here] != 1 || users["ann"] != 1 {
		t.Errorf("%v, %v", addresses, users)
	}
	o.address, o.user = 0, 0
	if err := c.SetUser(&other, "ann"); err != nil {
		t.Errorf("the others have ended: %v", err)
	}
}
