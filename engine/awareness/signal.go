package awareness

import (
	"bytes"
	"slices"
)

// signal is a presence event, such as "typing", that waits to be sent. The server does not
// interpret it.
type signal struct {
	peer  *Peer
	event string
	body  []byte // as in protocol.Signal
}

// maxSignals is how many events of one peer are sent with one flush. Of each name the newest is
// kept; of more names than this those that came last.
const maxSignals = 4

// Signal receives an event, and copies its body. Its error is ErrTooLarge.
func (r *Room) Signal(p *Peer, event string, body []byte) error {
	if len(body) > r.cfg.SignalBytes {
		r.cfg.Dropped(LimitSignal)
		return ErrTooLarge
	}
	if r.natives < 2 || r.cfg.Disabled {
		return nil
	}
	r.signals = slices.DeleteFunc(r.signals, func(s signal) bool {
		return s.peer == p && s.event == event
	})
	r.dropSignals(p, maxSignals-1)
	r.signals = append(r.signals, signal{p, event, bytes.Clone(body)})
	return nil
}

// dropSignals drops the oldest of p's events, so that at most n are left.
func (r *Room) dropSignals(p *Peer, n int) {
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
