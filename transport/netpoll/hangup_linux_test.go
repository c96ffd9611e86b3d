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
	if o.do(func() {}); o.hungUp != 0 || o.in() != setHangup {
		t.Errorf("hung up %d times, in set %d", o.hungUp, o.in())
	}
	o.far.Close()
	until(t, "the client has hung up", func() (hungUp bool) {
		o.do(func() { hungUp = o.hungUp == 1 })
		return hungUp
	})
	o.do(o.conn.Watch)
	end(ps, o)
}
