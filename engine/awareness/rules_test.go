package awareness

import (
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestRulesOfOwnership checks, for states that peers send of client id 7, which of them the room
// keeps and which others are sent last. a and b are one user, m is another, x and y are guests.
func TestRulesOfOwnership(t *testing.T) {
	type sent struct {
		by string
		yjs.AwarenessEntry
	}
	tests := []struct {
		name  string
		sends []sent
		clock uint64 // of id 7, as others are sent it afterwards
		state string // "" if none or removed
		owner string
	}{
		{"a claim", []sent{{"a", entry(7, 1, here)}}, 2, here, "a"},
		{"a claim at clock 0", []sent{{"a", entry(7, 0, here)}}, 1, here, "a"},
		{"a removal of the unknown", []sent{{"a", entry(7, 1, "")}}, 0, "", ""},
		{"a change", []sent{{"a", entry(7, 1, here)}, {"a", entry(7, 5, moved)}}, 5, moved, "a"},
		{"a change at the clock that was sent", []sent{{"a", entry(7, 1, here)}, {"a", entry(7, 2, moved)}}, 3, moved, "a"},
		{"counting on", []sent{{"a", entry(7, 1, here)}, {"a", entry(7, 2, here)}}, 2, here, "a"},
		{"an old change", []sent{{"a", entry(7, 2, here)}, {"a", entry(7, 2, moved)}}, 3, here, "a"},
		{"a removal", []sent{{"a", entry(7, 1, here)}, {"a", entry(7, 2, "")}}, 2, "", ""},
		{"a removal at the same clock", []sent{{"a", entry(7, 1, here)}, {"a", entry(7, 1, " null ")}}, 2, "", ""},
		{"an old removal", []sent{{"a", entry(7, 2, here)}, {"a", entry(7, 1, "")}}, 3, here, "a"},
		{"back too early", []sent{{"a", entry(7, 2, here)}, {"a", entry(7, 2, "")}, {"a", entry(7, 3, here)}}, 3, "", ""},
		{"back later", []sent{{"a", entry(7, 2, here)}, {"a", entry(7, 2, "")}, {"b", entry(7, 4, here)}}, 5, here, "b"},
		{"an echo", []sent{{"a", entry(7, 1, here)}, {"b", entry(7, 2, here)}, {"m", entry(7, 2, here)}}, 2, here, "a"},
		{"an echo after a change", []sent{{"a", entry(7, 2, moved)}, {"b", entry(7, 1, here)}}, 3, moved, "a"},
		{"thought to have timed out", []sent{{"a", entry(7, 1, here)}, {"b", entry(7, 1, "")}, {"b", entry(7, 3, "")}}, 2, here, "a"},
		{"the same user's new connection", []sent{{"a", entry(7, 1, here)}, {"b", entry(7, 3, moved)}}, 4, moved, "b"},
		{"a stranger", []sent{{"x", entry(7, 1, here)}, {"y", entry(7, 3, moved)}}, 2, here, "x"},
		{"another user", []sent{{"a", entry(7, 1, here)}, {"m", entry(7, 3, moved)}}, 2, here, "a"},
		{"the old connection goes", []sent{{"a", entry(7, 1, here)}, {"b", entry(7, 3, here)}, {"a leaves", entry(7, 0, "")}}, 4, here, "b"},
		{"the owner goes", []sent{{"a", entry(7, 1, here)}, {"a leaves", entry(7, 0, "")}}, 2, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, Config{TrustClients: true})
			peers := map[string]*client{"a": w.join("anna"), "b": w.join("anna"), "m": w.join("max"), "x": w.join(""), "y": w.join("")}
			for _, s := range tt.sends {
				if by, leaves := strings.CutSuffix(s.by, " leaves"); leaves {
					peers[by].leave()
				} else {
					peers[s.by].send(s.AwarenessEntry)
				}
				w.pass(time.Second)
			}
			r := &w.room
			state, owner, clock := "", "", r.tombstones.byClient[7].clock
			if s := r.states[7]; s != nil {
				state, clock = string(s.json()), s.sentClock
				for name, c := range peers {
					if &c.Peer == s.owner {
						owner = name
					}
				}
			}
			if clock != tt.clock || state != tt.state || owner != tt.owner {
				t.Errorf("got clock %d, state %q, owner %q", clock, state, owner)
			}
			if _, removed := r.tombstones.find(7); removed && owner != "" {
				t.Error("it is present and has a tombstone")
			}
			got := peers["m"].states()[7]
			if got != tt.state && (got != "null" || tt.state != "") {
				t.Errorf("others were sent %q", got)
			}
		})
	}
}

// TestTombstonesAreBounded shows that tombstones are bounded in number and in age, and take no
// memory when there are none.
func TestTombstonesAreBounded(t *testing.T) {
	var all tombstones
	now := time.Unix(0, 0)
	for i := range uint64(3 * maxTombstones) {
		all.add(i, tombstone{clock: 1}, now)
	}
	if len(all.byClient) != maxTombstones || len(all.order) != maxTombstones {
		t.Errorf("%d tombstones, %d in order", len(all.byClient), len(all.order))
	}
	all.add(1, tombstone{clock: 9}, now.Add(tombstoneLife))
	if len(all.byClient) != 1 || len(all.order) != 1 {
		t.Errorf("%d old tombstones are left", len(all.byClient)-1)
	}
	if all.expire(now.Add(2 * tombstoneLife)); all.byClient != nil || all.order != nil {
		t.Error("no tombstones take memory")
	}
}

// TestNativesAreCounted shows that native peers are counted, by the signals that are kept: with
// fewer than two native peers they are dropped at once.
func TestNativesAreCounted(t *testing.T) {
	w := newWorld(t, Config{})
	a, b, y := w.joinAs("anna", true), w.joinAs("max", true), w.join("eve")
	w.room.Withdraw(&b.Peer, w.now)
	w.room.SetNative(&b.Peer, false, w.now)
	if err := w.room.Signal(&a.Peer, "typing", []byte("{}")); err != nil || w.room.natives != 1 || len(w.room.signals) > 0 {
		t.Errorf("%d natives, %d signals, error %v", w.room.natives, len(w.room.signals), err)
	}
	w.room.Withdraw(&y.Peer, w.now)
	w.room.SetNative(&y.Peer, true, w.now)
	if err := w.room.Signal(&a.Peer, "typing", []byte("{}")); err != nil || w.room.natives != 2 || len(w.room.signals) != 1 {
		t.Errorf("%d natives, %d signals, error %v", w.room.natives, len(w.room.signals), err)
	}
	for _, c := range []*client{a, b, y} {
		c.leave()
	}
	if w.room.natives != 0 || w.room.Len() != 0 || len(w.room.signals) > 0 || len(w.room.users.present) > 0 {
		t.Errorf("when all have left: %+v", w.room)
	}
}
