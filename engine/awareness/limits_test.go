package awareness

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestLimitsOfPeerAndRoom checks that states beyond the limits of a peer and of a room are dropped,
// and that removed states make space.
func TestLimitsOfPeerAndRoom(t *testing.T) {
	state := fmt.Sprintf(`{"x":%q}`, strings.Repeat("x", 1000-len(`{"x":""}`)))
	w := newWorld(t, Config{PeerBytes: 2000, RoomBytes: 3500})
	a, b, c := w.join(""), w.join(""), w.join("")
	a.send(entry(1, 1, state), entry(2, 1, state), entry(3, 1, state))
	b.send(entry(4, 1, state), entry(5, 1, state))
	w.pass(time.Second)
	r := &w.room
	if r.Len() != 3 || r.bytes != 3000 || w.dropped[LimitPeer] != 1 || w.dropped[LimitRoom] != 1 {
		t.Errorf("%d states of %d bytes; dropped %v", r.Len(), r.bytes, w.dropped)
	}
	a.send(entry(1, 3, moved))
	c.send(entry(6, 1, state))
	if r.Len() != 4 || r.bytes != 3000+len(moved) {
		t.Errorf("%d states of %d bytes", r.Len(), r.bytes)
	}
	for _, c := range []*client{a, b, c} {
		c.leave()
	}
	if r.Len() != 0 || r.bytes != 0 {
		t.Errorf("%d states of %d bytes are left", r.Len(), r.bytes)
	}
}
