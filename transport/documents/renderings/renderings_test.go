package renderings

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestCache shows that renderings are kept within a number of bytes and a time since they were
// used, and that those that were used longest ago go first.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(4*1000, time.Minute)
		body := make([]byte, 1000-overhead)
		key := func(version uint64) Key { return Key{Version: version, Format: "text"} }
		want := func(version uint64, ok bool) {
			t.Helper()
			if _, found := c.Get(key(version)); found != ok {
				t.Errorf("version %d: %v", version, found)
			}
		}
		for version := range uint64(4) {
			c.Put(key(version), Rendering{Body: body})
		}
		if want(0, true); c.Bytes() != 4000 {
			t.Errorf("%d bytes", c.Bytes())
		}
		c.Put(key(4), Rendering{Body: body})
		want(1, false)
		want(0, true)
		c.Put(key(0), Rendering{Body: body})
		if c.Bytes() != 4000 {
			t.Errorf("%d bytes after the same again", c.Bytes())
		}
		c.Put(key(5), Rendering{Body: make([]byte, 2000)})
		want(5, false)
		time.Sleep(50 * time.Second)
		want(0, true)
		time.Sleep(50 * time.Second)
		want(2, false)
		if want(0, true); c.Bytes() != 1000 {
			t.Errorf("%d bytes", c.Bytes())
		}
		c.SetLimits(0, time.Minute)
		if want(0, false); c.Bytes() != 0 {
			t.Errorf("%d bytes", c.Bytes())
		}
	})
}
