package awareness

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestRoomStaysConsistent lets peers of all kinds act at random, and checks owners, sizes, limits
// and unsent changes after each step. When all peers have left the room is empty.
func TestRoomStaysConsistent(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, Config{PeerBytes: 400, RoomBytes: 2000})
			random := rand.New(rand.NewPCG(seed, 7))
			for range 2000 {
				w.step(random)
				w.check()
			}
			for _, c := range w.clients {
				if !c.left {
					c.leave()
					w.check()
				}
			}
			w.pass(2 * time.Minute)
			if r := &w.room; r.Len() > 0 || r.bytes != 0 || len(r.users.present) > 0 || r.natives != 0 || !r.NextTick().IsZero() || r.HasChanges() {
				t.Errorf("it is not empty in the end: %+v", r)
			}
		})
	}
}

// step makes a random peer act.
func (w *world) step(random *rand.Rand) {
	var present []*client
	for _, c := range w.clients {
		if !c.left {
			present = append(present, c)
		}
	}
	if n := random.IntN(20); len(present) == 0 || n == 0 && len(present) < 8 {
		w.joinAs([]string{"", "", "anna", "max"}[random.IntN(4)], random.IntN(3) == 0)
		return
	}
	c := present[random.IntN(len(present))]
	now := w.now
	switch n := random.IntN(30); {
	case n == 0:
		c.leave()
	case n == 1:
		w.room.Withdraw(&c.Peer, now)
		w.room.SetNative(&c.Peer, random.IntN(2) == 0, now)
	case n < 12:
		w.sendRandom(c, random)
	case n < 16:
		cursor := []byte(fmt.Sprintf(`{"position":%q}`, strings.Repeat("x", random.IntN(300))))
		_ = w.room.SetCursor(&c.Peer, cursor, now)
	case n == 16:
		_ = w.room.SetCursor(&c.Peer, nil, now)
	case n == 17:
		_ = w.room.Signal(&c.Peer, fmt.Sprint(random.IntN(6)), []byte("{}"))
	case n == 18:
		clients := w.room.Clients()
		if left := w.room.SendSome(&c.Peer, clients, 1<<20, func(m protocol.Message) int { return len(m.Body) }); len(left) > 0 {
			w.t.Errorf("%d are left", len(left))
		}
		w.room.SendTombstones(&c.Peer, c.receive)
	default:
		w.pass(time.Duration(random.IntN(4000)) * time.Millisecond)
	}
}

// sendRandom sends an awareness update with random entries from c.
func (w *world) sendRandom(c *client, random *rand.Rand) {
	var entries []yjs.AwarenessEntry
	for range 1 + random.IntN(3) {
		state := ""
		if random.IntN(5) > 0 {
			state = fmt.Sprintf(`{"user":{"name":"N%d"},"cursor":%s,"x":%q}`, random.IntN(3),
				[]string{"null", `{"position":1}`}[random.IntN(2)], strings.Repeat("x", random.IntN(200)))
		}
		entries = append(entries, entry(uint64(random.IntN(12)), uint64(random.IntN(60)), state))
	}
	c.send(entries...)
}

// check checks the invariants of the Room.
func (w *world) check() {
	w.t.Helper()
	r := &w.room
	bytes, owned, natives, users := 0, 0, 0, map[*user]int{}
	for client, s := range r.states {
		bytes += len(s.json())
		n := 0
		for _, c := range s.owner.owned {
			if c == client {
				n++
			}
		}
		if n != 1 || s.owner.left {
			w.t.Fatalf("%d is owned %d times, by a peer that left: %v", client, n, s.owner.left)
		}
		if _, removed := r.tombstones.find(client); removed {
			w.t.Fatalf("%d is present and has a tombstone", client)
		}
		if s.sentClock < s.clock {
			w.t.Fatalf("%d has clock %d and was sent with %d", client, s.clock, s.sentClock)
		}
		if s.unsent == unsentChange && !r.isChanged(client) || r.end(s).Before(r.expiry) {
			w.t.Fatalf("%d is never sent, or expires too early", client)
		}
	}
	for _, c := range w.clients {
		if c.left && len(c.owned) > 0 || len(c.owned) > r.cfg.ClientsPerPeer {
			w.t.Fatalf("a peer owns %d", len(c.owned))
		}
		if owned += len(c.owned); !c.left {
			users[c.user]++
		}
		if c.native {
			natives++
		}
	}
	if bytes != r.bytes || owned != len(r.states) || natives != r.natives || bytes > r.cfg.RoomBytes+8*maxSynthetic {
		w.t.Fatalf("%d bytes, counted as %d; %d states, %d owned; %d natives, counted as %d", bytes, r.bytes, len(r.states), owned, natives, r.natives)
	}
	for _, u := range r.users.present {
		if users[u] != u.peers || u.peers == 0 {
			w.t.Fatalf("%s has %d peers, counted as %d", u.ID, users[u], u.peers)
		}
	}
	if len(users) != len(r.users.present) {
		w.t.Fatalf("%d users, %d present", len(users), len(r.users.present))
	}
}

// maxSynthetic is more than the length of a synthetic state without a cursor, which no limit
// applies to.
const maxSynthetic = 100
