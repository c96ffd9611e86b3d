package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Errors of calls about locks and bans.
var (
	ErrTooManyLocks = errors.New("too many rooms are locked: unlock some, or raise limits.locks")
	ErrTooManyBans  = errors.New("too many users are banned: lift some bans, or raise limits.bans")
	ErrUser         = errors.New("a user id has 1 to 255 bytes of UTF-8, without control characters")
	ErrUntil        = errors.New("the end of a ban must be in the future")
)

// The values of Decision.Kind.
const (
	decisionLock = "lock"
	decisionBan  = "ban"
)

// decisions are the locks of rooms and the bans of users. They are in the store, if that is a
// Decisions, and all of them in memory.
type decisions struct {
	e *Engine

	// changing holds a token while a decision is stored, so that memory and store agree on the
	// order. It is taken with no other lock held.
	changing chan struct{}

	mu    sync.RWMutex // a leaf; guards everything below
	locks map[roomkey.Key]Decision
	bans  map[string]Decision // by user id; they may have ended
}

func newDecisions(e *Engine) *decisions {
	return &decisions{
		e: e, changing: make(chan struct{}, 1),
		locks: make(map[roomkey.Key]Decision), bans: make(map[string]Decision),
	}
}

// LoadDecisions loads the locks and bans that earlier processes stored. It is called once, before
// the first Join. Bans that have ended are dropped from the store. With an error it has loaded
// those that the store could read.
func (e *Engine) LoadDecisions(ctx context.Context) error {
	s, ok := e.store.(Decisions)
	if !ok {
		return nil
	}
	all, err := s.LoadDecisions(ctx)
	if dropped := e.decisions.add(all); err == nil && len(dropped) > 0 {
		if err := e.decisions.store(ctx, nil, dropped); err != nil { // as on a full disk
			e.log.Debug("bans that have ended stay in the store", reason(err))
		}
	}
	return err
}

// add adds decisions that were stored, and returns those of no use.
func (d *decisions) add(all []Decision) (useless []Decision) {
	locks, bans, useless := sorted(all, time.Now())
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.locks, locks)
	maps.Copy(d.bans, bans)
	return useless
}

// sorted returns the locks and bans among decisions that were stored, and those of no use: bans
// that have ended, and locks of what no room can be named. A decision of another kind is a later
// version's, and stays.
func sorted(all []Decision, now time.Time) (
	locks map[roomkey.Key]Decision, bans map[string]Decision, useless []Decision,
) {
	locks, bans = make(map[roomkey.Key]Decision), make(map[string]Decision)
	for _, decision := range all {
		key, err := roomkey.Parse(decision.Subject)
		switch {
		case decision.Kind == decisionBan && decision.Until.After(now):
			bans[decision.Subject] = decision
		case decision.Kind == decisionLock && err == nil:
			locks[key] = decision
		case decision.Kind == decisionLock || decision.Kind == decisionBan:
			useless = append(useless, decision)
		}
	}
	return locks, bans, useless
}

// Locks returns the locks of rooms, in the order of the rooms' names.
func (e *Engine) Locks() []Decision {
	d := e.decisions
	d.mu.RLock()
	all := slices.Collect(maps.Values(d.locks))
	d.mu.RUnlock() // joins do not wait for the sorting
	slices.SortFunc(all, bySubject)
	return all
}

func bySubject(a, b Decision) int { return cmp.Compare(a.Subject, b.Subject) }

func (e *Engine) isLocked(key roomkey.Key) bool {
	_, locked := e.lockOf(key)
	return locked
}

// lockOf returns the lock of a room, if there is one.
func (e *Engine) lockOf(key roomkey.Key) (lock Decision, locked bool) {
	e.decisions.mu.RLock()
	defer e.decisions.mu.RUnlock()
	lock, locked = e.decisions.locks[key]
	return lock, locked
}

// lock makes a room locked or not, and reports whether it was not so before. The result is durable.
func (d *decisions) lock(
	ctx context.Context, key roomkey.Key, locked bool, by, reason string,
) (changed bool, err error) {
	if err := d.begin(ctx); err != nil {
		return false, err
	}
	defer d.end()
	decision := Decision{
		Kind: decisionLock, Subject: key.String(), By: by, Reason: reason,
		Made: time.Now().Truncate(time.Millisecond),
	}
	put, drop := []Decision{decision}, []Decision(nil)
	switch {
	case d.e.isLocked(key) == locked:
		return false, nil
	case !locked:
		put, drop = nil, put
	case d.count(func() int { return len(d.locks) }) >= d.e.cfg().Locks:
		d.e.metrics.tooManyLocks.Inc()
		return false, ErrTooManyLocks
	}
	if err := d.store(ctx, put, drop); err != nil {
		return false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if locked {
		d.locks[key] = decision
	} else {
		delete(d.locks, key)
	}
	return true, nil
}

// watchDecisions adds the numbers of locks and bans.
func (c *counters) watchDecisions(e *Engine) {
	d := e.decisions
	c.set.NewGauge("realtime_locked_rooms", func() float64 {
		return float64(d.count(func() int { return len(d.locks) }))
	})
	c.set.NewGauge("realtime_banned_users", func() float64 { return float64(d.count(d.liveBans)) })
}

// begin waits until no other decision is being stored, or ctx is done.
func (d *decisions) begin(ctx context.Context) error {
	select {
	case d.changing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *decisions) end() { <-d.changing }

// count returns the result of f, which is called with mu held.
func (d *decisions) count(f func() int) int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return f()
}

// store makes changes durable, if the store can.
func (d *decisions) store(ctx context.Context, put, drop []Decision) error {
	s, ok := d.e.store.(Decisions)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.e.cfg().StoreTimeout)
	defer cancel()
	return s.ChangeDecisions(ctx, put, drop)
}
