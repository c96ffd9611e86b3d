package awareness

import (
	"sync"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// update is the information about one client id that others are sent. It borrows from the Room, and
// is valid until that is changed.
type update struct {
	yjs.AwarenessEntry
	owner   *Peer // nil when the state was removed
	user    *user // of the owner
	cursor  []byte
	changed bool // it is more than a renewal
	moved   bool // the cursor has changed
}

// batch is a list of updates and the scratch space for encoding them. It is pooled.
type batch struct {
	updates []update
	body    []byte
}

var batches = sync.Pool{New: func() any { return new(batch) }}

// keptUpdates and keptBody are the largest capacities of a batch that is pooled: in updates, and in
// bytes.
const (
	keptUpdates = 1 << 10
	keptBody    = 1 << 20
)

func newBatch() *batch { return batches.Get().(*batch) }

func (b *batch) release() {
	if clear(b.updates); cap(b.updates) <= keptUpdates && cap(b.body) <= keptBody {
		b.updates = b.updates[:0]
		batches.Put(b)
	}
}

// sendTo calls send with the messages about all updates in the form of p's protocol. A native peer
// is sent nothing about its own states.
func (b *batch) sendTo(p *Peer, send func(protocol.Message)) {
	if !p.native {
		b.sendAwareness(b.updates, send)
		return
	}
	for i := range b.updates {
		if b.updates[i].owner != p {
			b.sendNative(&b.updates[i], send)
		}
	}
}

// sendAwareness calls send with awareness updates of y-protocols. Their bodies are valid
// until send returns.
func (b *batch) sendAwareness(all []update, send func(protocol.Message)) {
	for len(all) > 0 {
		some := all[:perMessage(all)]
		all = all[len(some):]
		b.body = yjs.AppendAwarenessHeader(b.body[:0], len(some))
		for _, u := range some {
			b.body = yjs.AppendAwarenessEntry(b.body, u.AwarenessEntry)
		}
		send(protocol.Message{Kind: protocol.Awareness, Body: b.body})
	}
}

// perMessage returns how many of all, from the first, go into one message; at least one.
func perMessage(all []update) (n int) {
	bytes := 0
	for n < min(len(all), entriesPerUpdate) {
		if bytes += len(all[n].State); bytes > bytesPerUpdate && n > 0 {
			break
		}
		n++
	}
	return n
}

// sendNative calls send with the messages that native protocols have for an update. Their
// bodies are valid until send returns. A user who has left has no cursor any more.
func (b *batch) sendNative(u *update, send func(protocol.Message)) {
	if u.moved && u.user.peers > 0 {
		send(protocol.Message{Kind: protocol.Cursor, From: u.user.ID, Body: u.cursor})
	}
	if !u.changed {
		return // native clients are sent Left when a user leaves, and need no renewals
	}
	one := [...]update{*u}
	b.sendAwareness(one[:], func(m protocol.Message) {
		m.From = u.user.ID
		send(m)
	})
}
