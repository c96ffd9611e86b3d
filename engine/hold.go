package engine

import "time"

// What somebody says within a window goes out at its end, however early it is
// read. So after a flush those who talk are held: what they send stays in the
// kernel and wakes nobody until shortly before the next flush may come. Then it is
// all read in one go, which costs a fraction of being woken by each keystroke of each.

const (
	// release is how long before the next flush it is read.
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
	for i, t := range r.talkers {
		if t == p {
			last := len(r.talkers) - 1
			r.talkers[i], r.talkers[last] = r.talkers[last], nil
			r.talkers = r.talkers[:last]
			return
		}
	}
}

// hold plans to hold those who talk, as there was a flush at now; mu is held.
func (r *room) hold(now time.Time) {
	d := min(r.e.cfg.Window-releaseAhead, maxHold)
	if d <= 0 || len(r.talkers) == 0 {
		return
	}
	kept := r.talkers[:0]
	for _, p := range r.talkers {
		if now.Sub(p.spoke) < talkative*r.e.cfg.Window {
			kept = append(kept, p)
		} else {
			p.spoke = time.Time{}
		}
	}
	clear(r.talkers[len(kept):])
	r.talkers = kept
	r.releaseAt, r.holding = now.Add(d), len(kept) > 0
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
