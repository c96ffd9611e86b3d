package engine

import (
	"bytes"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// signal is a presence event that the server does not know, such as "typing", until it is passed on.
type signal struct {
	peer  *Peer // who said it
	event string
	body  []byte // as in protocol.Signal
}

// maxSignals is how many events of one peer are passed on with one flush: the newest of each name, and of more names
// than that the last ones.
const maxSignals = 4

// signal takes an event from p, which it borrows, or returns ErrPresenceSize; mu is held.
func (r *room) signal(p *Peer, event string, body []byte) error {
	if len(body) > r.e.cfg.SignalBytes {
		r.e.metrics.presenceDropped[overSignal].Inc()
		return ErrPresenceSize
	}
	if r.deaf(p) || r.natives < 2 || r.e.cfg.NoPresence {
		return nil
	}
	if i := slices.IndexFunc(r.signals, func(s signal) bool { return s.peer == p && s.event == event }); i >= 0 {
		r.signals = slices.Delete(r.signals, i, i+1)
	}
	r.dropSignals(p, maxSignals-1)
	r.signals = append(r.signals, signal{p, event, bytes.Clone(body)})
	r.heard(time.Now())
	return nil
}

// dropSignals drops the oldest of p's events, so that at most n are left.
func (r *room) dropSignals(p *Peer, n int) {
	left := 0
	for i := len(r.signals) - 1; i >= 0; i-- {
		if r.signals[i].peer != p {
			continue
		}
		if left++; left > n {
			r.signals = slices.Delete(r.signals, i, i+1)
		}
	}
}

// forgetSignals is for a peer that has left.
func (r *room) forgetSignals(p *Peer) { r.dropSignals(p, 0) }

// tellSignals passes the events on to all natives but the one who said it. Other protocols have no form for them.
func (r *room) tellSignals() {
	for _, s := range r.signals {
		m := protocol.Message{Kind: protocol.Signal, Text: s.event, Body: s.body, From: s.peer.person.ID}
		r.broadcast(fleeting, m, natives, s.peer)
	}
	r.signals = nil
}
