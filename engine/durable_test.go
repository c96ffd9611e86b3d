package engine

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// TestNobodySeesWhatIsNotDurable has clients join, type and leave at random, while commits fail,
// take long, or are refused for one room. It checks that no client is sent anything that the store
// does not have, and that in the end all clients have everything.
func TestNobodySeesWhatIsNotDurable(t *testing.T) {
	for seed := range uint64(60) {
		cfg := Config{Grace: time.Minute, SnapshotUpdates: 10, SnapshotMinInterval: time.Second}
		inWorld(t, cfg, func(w *world) {
			s := &storeTrouble{world: w, random: rand.New(rand.NewPCG(seed, 1)), clocks: map[*client]uint64{}}
			for range 150 {
				s.step()
				settle()
				s.check(seed)
			}
			s.end(seed)
		})
	}
}

// storeTrouble is a world whose store fails in all these ways.
type storeTrouble struct {
	*world
	random  *rand.Rand
	clients []*client
	clocks  map[*client]uint64 // by client: how much it has typed
	slow    bool               // commits wait
}

var troubledRooms = []string{"a", "b"}

// step does something at random.
func (s *storeTrouble) step() {
	if len(s.clients) == 0 {
		s.clients = append(s.clients, s.join("a"))
	}
	room, i := troubledRooms[s.random.IntN(len(troubledRooms))], s.random.IntN(len(s.clients))
	c := s.clients[i]
	switch s.random.IntN(16) {
	case 0:
		s.clients = append(s.clients, s.join(room))
	case 1:
		c.Leave()
		s.clients = append(s.clients[:i], s.clients[i+1:]...)
	case 2:
		c.sends(protocol.SyncRequest, []byte{0})
	case 3:
		c.sends(protocol.Awareness, awarenessUpdate(stateEntry(c.id, s.clocks[c], here)))
	case 4:
		c.sends(protocol.Update, deleted(c.id, 0, max(1, s.clocks[c])))
	case 5:
		s.store.refuse(room, errLease)
	case 6:
		s.store.refuse(room, nil)
	case 7:
		s.store.failAppend([]error{errStore, nil, nil}[s.random.IntN(3)])
	case 8:
		s.setSlow(!s.slow)
	case 9, 10:
		pass(time.Duration(s.random.IntN(20_000)) * time.Millisecond)
	case 11:
		pass(time.Duration(s.random.IntN(300)) * time.Millisecond)
	default:
		c.types(s.clocks[c], "x")
		s.clocks[c]++
	}
}

func (s *storeTrouble) setSlow(slow bool) {
	if slow && !s.slow {
		s.store.appending.close()
	} else if !slow && s.slow {
		s.store.appending.open()
	}
	s.slow = slow
}

// durable returns the document that the store has of a room.
func (s *storeTrouble) durable(room string) *ydoc.Doc {
	blob, rows, err := s.store.Load(context.Background(), room)
	if err != nil {
		s.t.Fatal(err)
	}
	whole, err := stored.Read(blob, rows, 1<<20)
	if err != nil {
		s.t.Fatal(err)
	}
	doc := new(ydoc.Doc)
	doc.Apply(yjs.Trust(whole.State))
	return doc
}

// check fails if a client was sent anything that is not durable.
func (s *storeTrouble) check(seed uint64) {
	for _, c := range s.clients {
		if !s.durable(c.room.name).Contains(yjs.Trust(c.conn.state())) {
			s.t.Fatalf("seed %d: peer %d was sent something that is not durable", seed, c.id)
		}
	}
}

// end repairs the store, and fails if a client or the store then lacks anything.
func (s *storeTrouble) end(seed uint64) {
	s.store.failAppend(nil)
	s.setSlow(false)
	for _, room := range troubledRooms {
		s.store.refuse(room, nil)
	}
	pass(10 * time.Second)
	for _, c := range s.clients {
		c.sends(protocol.SyncRequest, []byte{0})
	}
	pass(10 * time.Second)
	for _, c := range s.clients {
		c.room.mu.Lock()
		want := c.room.doc.AppendState(nil)
		c.room.mu.Unlock()
		if !bytes.Equal(c.conn.state(), want) || !s.durable(c.room.name).Contains(yjs.Trust(want)) {
			s.t.Errorf("seed %d: peer %d, or the store, lacks something of %s", seed, c.id, c.room.name)
		}
	}
}
