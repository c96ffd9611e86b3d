package outbound

import (
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// typed is an update of one client that inserts a character, at a clock.
func typed(client, clock uint64) []byte {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client, Clock: clock})
	b = lib0.AppendString(append(b, yjs.RefString, 1), "text")
	return append(lib0.AppendString(b, "x"), 0)
}

// dropped is an Update with a character, as a full queue drops it.
func dropped(client, clock uint64) *Message {
	return &Message{Class: Update, Update: typed(client, clock)}
}

// TestPendingCovers shows which classes of messages need not be sent because of an answer.
func TestPendingCovers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pending *Pending
		covered []Class
	}{
		{"nothing", nil, nil},
		{"a reply", &Pending{Reply: true}, nil},
		{"a welcome", &Pending{Welcome: true}, []Class{Presence, Update}},
		{"all states", &Pending{Presence: true}, []Class{Presence}},
		{"the rest of all states", &Pending{Clients: []uint64{1}}, nil},
		{"dropped updates", &Pending{Updates: true}, []Class{Update}},
	} {
		for _, c := range []Class{Notice, Presence, Update, Answer} {
			if got := tt.pending.Covers(&Message{Class: c, Update: typed(1, 1)}); got != slices.Contains(tt.covered, c) {
				t.Errorf("%s covers class %d: %v", tt.name, c, got)
			}
		}
	}
}

// TestPendingMissed shows that the answer begins at the first dropped update of each client, also
// when updates were covered or another answer was added.
func TestPendingMissed(t *testing.T) {
	var p, other Pending
	p.AddDropped(dropped(1, 20))
	p.AddDropped(dropped(1, 10))
	p.AddDropped(dropped(5, 3))
	p.Covers(dropped(7, 9))
	other.AddDropped(dropped(1, 4))
	other.AddDropped(&Message{Class: Presence})
	p.Add(&other)
	want := yjs.StateVector{{Client: 7, Clock: 9}, {Client: 5, Clock: 3}, {Client: 1, Clock: 4}}
	if got := p.Missed(); !slices.Equal(got, want) || !p.Updates || !p.Presence {
		t.Errorf("%v, want %v; updates %v, presence %v", got, want, p.Updates, p.Presence)
	}
	p.Waiting = true
	if p.Reset(); !p.Waiting || p.Updates || len(p.Missed()) > 0 {
		t.Errorf("after Reset: %+v", p)
	}
}

// TestPendingAdd shows that the state vector of a newer SyncRequest stays, and the rest is added.
func TestPendingAdd(t *testing.T) {
	have := yjs.StateVector{{Client: 1, Clock: 1}}
	p := Pending{Reply: true, Have: have, Clients: []uint64{1}}
	p.Add(&Pending{Reply: true, Welcome: true, Clients: []uint64{2}, Echoes: [][]byte{typed(1, 0)}})
	if !slices.Equal(p.Have, have) || !p.Welcome || !slices.Equal(p.Clients, []uint64{1, 2}) || len(p.Echoes) != 1 {
		t.Errorf("%+v", p)
	}
	p = Pending{}
	if p.Add(&Pending{Reply: true, Have: have}); !p.Reply || !slices.Equal(p.Have, have) {
		t.Errorf("%+v", p)
	}
}

// TestEchoesAreBounded shows that echoes of more than maxEchoes bytes are replaced by the clocks
// from which on they were written.
func TestEchoesAreBounded(t *testing.T) {
	var p Pending
	update := typed(1, 7)
	for range maxEchoes / len(update) {
		p.AddEcho(update)
	}
	if !p.OnlyEchoes() || p.Updates {
		t.Errorf("%d echoes, updates %v", len(p.Echoes), p.Updates)
	}
	p.AddEcho(update)
	if want := (yjs.StateVector{{Client: 1, Clock: 7}}); len(p.Echoes) > 0 || p.OnlyEchoes() || !slices.Equal(p.Missed(), want) {
		t.Errorf("%d echoes, missed %v", len(p.Echoes), p.Missed())
	}
}
