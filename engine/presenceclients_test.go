package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// editor is a client with the awareness of y-protocols and the provider of y-websocket: it applies
// awareness updates like applyAwarenessUpdate, and sends back the states that have changed.
type editor struct {
	w        *world
	conn     *client // nil while disconnected
	id       uint64
	ownState string // as the client has set it last
	clocks   map[uint64]uint64
	updated  map[uint64]time.Time
	states   map[uint64]string
	sent     int
}

func (w *world) newEditor(id uint64) *editor {
	p := &editor{w: w, id: id, clocks: map[uint64]uint64{}, updated: map[uint64]time.Time{}, states: map[uint64]string{}}
	p.ownState = "{}"
	p.states[id], p.updated[id] = p.ownState, time.Now()
	return p
}

func (p *editor) connect() {
	p.conn = p.w.joinAs("r", fmt.Sprint(p.id))
	p.send(p.id)
}

// disconnect forgets the states of others, but not their clocks.
func (p *editor) disconnect() {
	p.conn.Leave()
	p.conn = nil
	for id := range p.states {
		if id != p.id {
			delete(p.states, id)
		}
	}
}

func (p *editor) set(state string) {
	p.ownState = state
	p.clocks[p.id]++
	p.states[p.id], p.updated[p.id] = state, time.Now()
	p.send(p.id)
}

func (p *editor) send(ids ...uint64) {
	if p.conn == nil || len(ids) == 0 {
		return
	}
	var entries []yjs.AwarenessEntry
	for _, id := range ids {
		entries = append(entries, stateEntry(id, p.clocks[id], p.states[id]))
	}
	p.sent++
	p.conn.sends(protocol.Awareness, awarenessUpdate(entries...))
}

// receive applies the first n messages that have come.
func (p *editor) receive(n int) {
	if p.conn == nil {
		return
	}
	c := p.conn.conn
	c.mu.Lock()
	n = min(n, len(c.inbox))
	inbox := c.inbox[:n:n]
	c.inbox = c.inbox[n:]
	c.mu.Unlock()
	for _, m := range inbox {
		if m.Kind == protocol.Awareness {
			p.apply(m.Body)
		}
	}
}

func (p *editor) apply(body []byte) {
	a, err := yjs.CheckAwareness(body)
	if err != nil {
		p.w.t.Fatal(err)
	}
	var changed []uint64
	for e := range a.Entries() {
		clock, has := p.clocks[e.Client], p.states[e.Client] != ""
		if e.Clock < clock || e.Clock == clock && !(e.Removed() && has) {
			continue
		}
		switch {
		case !e.Removed():
			p.states[e.Client] = string(e.State)
		case e.Client == p.id:
			e.Clock++
		default:
			delete(p.states, e.Client)
		}
		p.clocks[e.Client], p.updated[e.Client] = e.Clock, time.Now()
		changed = append(changed, e.Client)
	}
	p.send(changed...)
}

// tick is the interval of y-protocols' Awareness: it renews the client's own state, and removes
// those of others that were not renewed for 30 s.
func (p *editor) tick() {
	now := time.Now()
	if now.Sub(p.updated[p.id]) >= 15*time.Second {
		p.set(p.ownState)
	}
	for id := range p.states {
		if id != p.id && now.Sub(p.updated[id]) >= 30*time.Second {
			delete(p.states, id)
			p.send(id)
		}
	}
}

// runClients lets time pass for clients that read at once.
func runClients(d time.Duration, people ...*editor) {
	for end := time.Now().Add(d); time.Now().Before(end); pass(50 * time.Millisecond) {
		for _, p := range people {
			p.receive(1000)
			p.tick()
		}
	}
}

// mustSeeEachOther fails unless each client has the states of all.
func mustSeeEachOther(t *testing.T, people ...*editor) {
	t.Helper()
	want := make(map[uint64]string)
	for _, p := range people {
		want[p.id] = p.ownState
	}
	for _, p := range people {
		if !maps.Equal(p.states, want) {
			t.Errorf("%d sees %v, want %v", p.id, p.states, want)
		}
	}
}

// TestPresenceAfterReconnect shows that clients see each other again soon after one has
// reconnected, and after a restart of the server.
func TestPresenceAfterReconnect(t *testing.T) {
	inWorld(t, Config{TrustPresence: true}, func(w *world) {
		ann, bob := w.newEditor(1), w.newEditor(2)
		ann.connect()
		bob.connect()
		ann.set(`"ann"`)
		bob.set(`"bob"`)
		runClients(time.Second, ann, bob)
		mustSeeEachOther(t, ann, bob)

		for range 3 {
			ann.disconnect()
			runClients(200*time.Millisecond, bob)
			ann.connect()
			runClients(1300*time.Millisecond, ann, bob)
			mustSeeEachOther(t, ann, bob)
		}

		ann.disconnect()
		bob.disconnect()
		w.restart(Config{TrustPresence: true})
		ann.connect()
		runClients(500*time.Millisecond, ann)
		bob.connect()
		runClients(500*time.Millisecond, ann, bob)
		mustSeeEachOther(t, ann, bob)
	})
}

// TestRemindersAreBatched shows that the states of others are sent again a few times in all, not
// for each client, when many clients reconnect at once.
func TestRemindersAreBatched(t *testing.T) {
	inWorld(t, Config{TrustPresence: true}, func(w *world) {
		bob := w.newEditor(100)
		bob.connect()
		var many []*editor
		for id := range uint64(20) {
			p := w.newEditor(id)
			p.connect()
			many = append(many, p)
		}
		runClients(2*time.Second, append(many, bob)...)
		observer := w.joinAs("r", "eve")
		for _, p := range many {
			p.disconnect()
			runClients(time.Millisecond, bob)
		}
		for _, p := range many {
			p.connect()
			runClients(time.Millisecond, append(many, bob)...)
		}
		times := 0
		for _, m := range observer.conn.take() {
			if _, ok := lastStates([]protocol.Message{m})[bob.id]; ok {
				times++
			}
		}
		if times > 4 {
			t.Errorf("bob's state was sent %d times in two seconds", times)
		}
	})
}

// TestIdleClientsSendLittle bounds the messages of idle clients: no awareness update may cause
// others for ever.
func TestIdleClientsSendLittle(t *testing.T) {
	inWorld(t, Config{TrustPresence: true}, func(w *world) {
		var people []*editor
		for id := range uint64(10) {
			p := w.newEditor(id)
			p.connect()
			people = append(people, p)
		}
		runClients(20*time.Second, people...)
		before := 0
		for _, p := range people {
			before -= p.sent
		}
		runClients(5*time.Minute, people...)
		mustSeeEachOther(t, people...)
		for _, p := range people {
			before += p.sent
		}
		// Each renews its state every 15 s, and sends back the states of others every 10 s.
		if most := 10 * (5*60/15 + 5*60/10); before > most {
			t.Errorf("ten idle people sent %d messages in five minutes, want at most %d", before, most)
		}
	})
}

// TestPresenceOfSlowClients has clients set states, leave and come back while they read late. It
// checks that no client's own state is ever changed by others, and that in the end all have the
// same states.
func TestPresenceOfSlowClients(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorld(t, Config{TrustPresence: true}, func(w *world) { testSlowClients(w, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func testSlowClients(w *world, random *rand.Rand) {
	people := []*editor{w.newEditor(1), w.newEditor(2), w.newEditor(3), w.newEditor(4)}
	for i := range 600 {
		p := people[random.IntN(len(people))]
		switch n := random.IntN(20); {
		case p.conn == nil:
			p.connect()
		case n == 0:
			p.disconnect()
		case n < 8:
			p.set(fmt.Sprint(i))
		default:
			p.receive(1 + random.IntN(3))
		}
		p.tick()
		if p.states[p.id] != p.ownState {
			w.t.Fatalf("step %d: client %d has set %s, and others have changed it to %s", i, p.id, p.ownState, p.states[p.id])
		}
		pass(time.Duration(random.IntN(300)) * time.Millisecond)
	}
	for _, p := range people {
		if p.conn == nil {
			p.connect()
		}
	}
	runClients(25*time.Second, people...)
	mustSeeEachOther(w.t, people...)
}
