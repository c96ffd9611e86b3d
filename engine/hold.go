package engine

import (
	"slices"
	"time"
)

// What somebody says within a window goes out at its end, however early it is
// read. So after a flush those who talk are held: what they send stays in the
// kernel and wakes nobody until shortly before the next flush may come. Then it is
// all read in one go, which costs a fraction of being woken by each keystroke of each.

const (
	// releaseAhead is how long before the next flush it is read.
	releaseAhead = 15 * time.Millisecond
	// talkative is for how many windows somebody is taken for a talker.
	talkative = 5
	// maxHold bounds what a long window makes of it.
	maxHold = 100 * time.Millisecond
)

// talks notes that p has said something; mu is held.
func (r *room) talks(p *Peer, now time.Time) {
	if p.spoke.IsZero() {
		r.talkers = append(r.talkers, p)
	}
	p.spoke = now
}

// hushed is called when p leaves; mu is held.
func (r *room) hushed(p *Peer) {
	if i := slices.Index(r.talkers, p); i >= 0 {
		r.talkers = slices.Delete(r.talkers, i, i+1)
	}
}

// hold plans to hold those who talk, as there was a flush at now; mu is held. While
// they are held already, because the flusher is late, they are to be let go first:
// who is taken off the list until then would be held for ever.
func (r *room) hold(now time.Time) {
	d := min(r.e.cfg.Window-releaseAhead, maxHold)
	if d <= 0 || !r.releaseAt.IsZero() {
		return
	}
	r.talkers = slices.DeleteFunc(r.talkers, func(p *Peer) bool {
		silent := now.Sub(p.spoke) >= talkative*r.e.cfg.Window
		if silent {
			p.spoke = time.Time{}
		}
		return silent
	})
	if len(r.talkers) > 0 {
		r.releaseAt, r.holding = now.Add(d), true
	}
}

// turns appends those who are to be held, or to be let go, by what was planned.
func (r *room) turns(now time.Time, dst []*Peer) (turns []*Peer, on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.holding:
		r.holding = false
		return append(dst, r.talkers...), true
	case reached(r.releaseAt, now):
		r.releaseAt = time.Time{}
		return append(dst, r.talkers...), false
	}
	return dst, false
}
