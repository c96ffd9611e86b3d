package webhooks

import (
	"log/slog"
	"time"
)

const (
	// holdTTL is for how long a node that shares an outbox sends without saying so again.
	holdTTL = 10 * time.Second
	// lookInterval is how often nodes that share an outbox look for messages of others.
	lookInterval = time.Second
	// unknownFor is how long messages for an endpoint are kept that is not in the configuration,
	// where another node may have it already.
	unknownFor = time.Hour
)

// send sends messages until Close.
func (h *Webhooks) send() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failed := false
	for {
		select {
		case <-timer.C:
		case <-h.wakeSender:
		case <-h.stop:
			return
		}
		err := h.look()
		if err != nil && !failed && h.running.Err() == nil {
			h.log.Error("outbox of webhooks cannot be read; messages wait", reason(err))
		}
		failed = err != nil
		wait := h.startDue(time.Now())
		if failed || h.c.Shared {
			wait = min(wait, lookInterval)
		}
		timer.Reset(wait)
	}
}

// look reads what is new in the outbox, if this process is the one that sends.
func (h *Webhooks) look() error {
	held, err := h.box.Hold(h.running, holdTTL)
	if err != nil {
		return err
	}
	h.mu.Lock()
	began := held && !h.held
	if h.held = held; began || !held {
		h.reset()
	}
	h.mu.Unlock()
	if !held {
		return nil
	}
	if began {
		if err := h.takeOver(); err != nil {
			h.mu.Lock()
			h.held = false
			h.mu.Unlock()
			return err
		}
	}
	if err := h.load(); err != nil {
		return err
	}
	bytes, err := h.measure()
	if err != nil {
		return err
	}
	return h.makeRoom(bytes)
}

// takeOver begins to send: it reads which endpoints are off, and looks for changes that were not
// announced.
func (h *Webhooks) takeOver() error {
	marks, err := h.box.Marks(h.running)
	if err != nil {
		return err
	}
	h.mu.Lock()
	h.off = offOfAll(marks)
	scans := !h.scanned && h.c.Rooms != nil
	h.scanned = !h.c.Shared
	h.mu.Unlock()
	if h.c.Shared {
		h.log.Info("this node sends the webhooks of all nodes")
	}
	if scans {
		h.ended.Go(func() { h.recover(marks) })
	}
	return nil
}

// load reads the entries that came since the last call.
func (h *Webhooks) load() error {
	for {
		h.mu.Lock()
		after := h.last
		h.mu.Unlock()
		entries, err := h.box.Entries(h.running, after, loadPortion)
		if err != nil || len(entries) == 0 {
			return err
		}
		var drop []uint64
		var park []Entry
		h.mu.Lock()
		for _, e := range entries {
			h.last = e.Seq
			dropped, parked := h.receive(e)
			if parked != nil {
				park = append(park, parked.entry())
			}
			if dropped {
				drop = append(drop, e.Seq)
			}
		}
		h.mu.Unlock()
		if len(drop)+len(park) > 0 {
			if err := h.box.Change(h.running, park, drop); err != nil {
				return err
			}
		}
		if len(entries) < loadPortion {
			return nil
		}
	}
}

// receive takes an entry of the outbox into its queue, or says what is to become of it; mu is held.
func (h *Webhooks) receive(e Entry) (drop bool, park *pending) {
	if e.Queue == controlQueue {
		h.obey(e)
		return true, nil
	}
	p, err := read(e)
	if err != nil {
		h.log.Error("a message of webhooks cannot be read; it is dropped", reason(err))
		return true, nil
	}
	switch {
	case p.parked():
		h.parked[p.endpoint]++
	case h.off[p.endpoint] != nil:
		p.park(time.Now(), h.off[p.endpoint].Why)
		h.parked[p.endpoint]++
		h.counts.parked.Inc()
		return false, p
	default:
		h.queue(p.endpoint).put(p)
	}
	return false, nil
}

// queue returns the queue of an endpoint; mu is held.
func (h *Webhooks) queue(name string) *queue {
	q := h.queues[name]
	if q == nil {
		q = newQueue(name)
		if e := h.endpoint(name); e != nil {
			q.caller = newCaller(*e, &h.c)
		}
		h.queues[name] = q
	}
	return q
}

// startDue starts the attempts that are due, and returns how long it is until the next is.
func (h *Webhooks) startDue(now time.Time) (wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	wait = time.Hour
	if !h.held || h.closed {
		return wait
	}
	for _, q := range h.queues {
		wait = min(wait, h.startQueue(q, now))
	}
	return max(wait, time.Millisecond)
}

// startQueue starts the attempts of an endpoint that are due, and returns how long it is until the
// next is. If too many run it waits for one of them to end, which wakes the sender. mu is held.
func (h *Webhooks) startQueue(q *queue, now time.Time) (wait time.Duration) {
	switch {
	case q.caller == nil:
		return h.waitUnknown(q, now)
	case h.off[q.name] != nil: // what came back from attempts that ran when it was turned off
		return time.Hour
	}
	for {
		most := h.set.PerEndpoint
		if q.failing {
			most = 1
		}
		if h.flying >= h.set.Concurrent || q.flying >= most {
			return time.Hour
		}
		at, ok := q.next()
		switch {
		case !ok:
			return time.Hour
		case at.After(now):
			return at.Sub(now)
		}
		r := q.take()
		h.flying++
		timeout := h.set.Timeout
		h.ended.Go(func() { h.attempt(q, r, timeout) })
	}
}

// waitUnknown drops the messages for an endpoint that is not in the configuration, at once or,
// where another node may know it, after unknownFor. mu is held.
func (h *Webhooks) waitUnknown(q *queue, now time.Time) (wait time.Duration) {
	oldest := now
	for _, r := range q.rooms {
		if made := r.messages[0].Made; made.Before(oldest) {
			oldest = made
		}
	}
	if left := oldest.Add(unknownFor).Sub(now); h.c.Shared && left > 0 {
		return left
	}
	delete(h.queues, q.name)
	h.log.Warn("messages of webhooks are dropped: their endpoint is not in the configuration any more",
		slog.String("endpoint", q.name), slog.Int("messages", q.count))
	h.counts.lose(lostRemoved, q.count)
	var seqs []uint64
	for _, p := range q.drain() {
		seqs = append(seqs, p.seq)
	}
	h.ended.Go(func() { h.store(nil, seqs) })
	return time.Hour
}
