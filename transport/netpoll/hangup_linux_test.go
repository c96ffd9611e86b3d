package netpoll

import "testing"

// TestOldReport shows that a report of input is not taken for one of a client that has hung up if
// the connection was watched for that only after the report.
func TestOldReport(t *testing.T) {
	ps := New(fastTicks{})
	o := add(t, ps)
	o.do(o.conn.Unwatch)
	o.do(o.conn.WatchHangup)
	o.conn.(*pollConn).read(make([]byte, 10))
	reported := func() (n int) {
		o.do(func() { n = o.hungUp })
		return n
	}
	if n := reported(); n != 0 || o.in() != setHangup {
		t.Errorf("hung up %d times, in set %d", n, o.in())
	}
	o.far.Close()
	until(t, "the client has hung up", func() bool { return reported() == 1 })
	o.do(o.conn.Watch)
	end(ps, o)
}
