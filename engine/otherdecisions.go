package engine

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// ReloadDecisions puts locks and bans into effect that other engines over the same store have made
// or lifted. It returns bans that are new here: the connections of their users stay open, and
// transport.Server.CloseBanned closes them. Rooms that are busy take a lock when they are free.
// After an error, ctx's or one of the store, nothing has changed.
func (e *Engine) ReloadDecisions(ctx context.Context) (banned []Decision, err error) {
	s, ok := e.store.(Decisions)
	if !ok {
		return nil, nil
	}
	d := e.decisions
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	defer d.end()
	ctx, cancel := context.WithTimeout(ctx, e.cfg().StoreTimeout)
	defer cancel()
	all, err := s.LoadDecisions(ctx)
	if err != nil {
		return nil, err
	}
	changed, banned := d.replace(all)
	for _, key := range changed {
		e.takeLockSoon(key)
	}
	return banned, nil
}

// replace makes all the only decisions. It returns the rooms whose locks have come or gone, and the
// bans that are new.
func (d *decisions) replace(all []Decision) (changed []roomkey.Key, banned []Decision) {
	now := time.Now()
	locks, bans, _ := sorted(all, now)
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range d.locks {
		if _, still := locks[key]; !still {
			changed = append(changed, key)
		}
	}
	for key := range locks {
		if _, before := d.locks[key]; !before {
			changed = append(changed, key)
		}
	}
	for subject, ban := range bans {
		if before, known := d.bans[subject]; !known || ended(before, now) {
			banned = append(banned, ban)
		}
	}
	d.locks, d.bans = locks, bans
	return changed, banned
}

// takeLockSoon makes a room locked or not, as the decisions say, when it is loaded and its lock is
// free.
func (e *Engine) takeLockSoon(key roomkey.Key) {
	r := e.roomMap.find(key)
	if r == nil {
		return
	}
	take := func() { r.runLocked(func() { r.setLocked(e.lockOf(key)) }) }
	select {
	case <-r.loaded:
		take()
	default:
		e.running.Go(func() {
			<-r.loaded
			take()
		})
	}
}
