package webhooks

import (
	"cmp"
	"log/slog"
	"slices"
)

// Messages are dropped when they take more than dropAbove eighths of Settings.OutboxBytes, until
// they take dropTo.
const (
	dropAbove = 7
	dropTo    = 6
)

// backlog is what the outbox has for an endpoint, without what is on its way.
type backlog struct {
	bytes    int64
	messages []kept // in the order in which they are dropped
}

// kept is a message in the outbox.
type kept struct {
	endpoint string
	seq      uint64
	size     int
	parked   bool
}

// makeRoom drops messages if the outbox is nearly full: of the endpoint that has most, so that one
// that does not answer costs others nothing, and the oldest, so that it gets what is new when it is
// back. Parked ones are dropped first.
func (h *Webhooks) makeRoom(bytes int64) error {
	_, set := h.opened()
	if bytes*8 <= set.OutboxBytes*dropAbove {
		return nil
	}
	all, err := h.backlogs()
	if err != nil {
		return err
	}
	var drop []kept
	for excess := bytes - set.OutboxBytes*dropTo/8; excess > 0; {
		b := largest(all)
		if b == nil {
			break // everything is on its way
		}
		m := b.messages[0]
		b.messages, b.bytes = b.messages[1:], b.bytes-int64(m.size)
		excess -= int64(m.size)
		drop = append(drop, m)
	}
	if err := h.dropKept(drop); err != nil {
		return err
	}
	_, err = h.measure()
	return err
}

// backlogs reads what the outbox has for each endpoint.
func (h *Webhooks) backlogs() (all []*backlog, err error) {
	onTheirWay := map[uint64]bool{}
	h.mu.Lock()
	for _, q := range h.queues {
		for _, r := range q.rooms {
			if r.index < 0 {
				onTheirWay[r.messages[0].seq] = true
			}
		}
	}
	h.mu.Unlock()
	byName := map[string]*backlog{}
	err = eachMessage(h.running, h.box, 0, func(p *pending) bool {
		if onTheirWay[p.seq] {
			return true
		}
		b := byName[p.endpoint]
		if b == nil {
			b = new(backlog)
			byName[p.endpoint], all = b, append(all, b)
		}
		b.bytes += int64(p.size)
		b.messages = append(b.messages, kept{p.endpoint, p.seq, p.size, p.parked()})
		return true
	})
	for _, b := range all {
		slices.SortStableFunc(b.messages, func(x, y kept) int {
			return cmp.Compare(waits(x), waits(y))
		})
	}
	return all, err
}

// waits returns 0 for a message that is parked, else 1.
func waits(m kept) int {
	if m.parked {
		return 0
	}
	return 1
}

// largest returns the backlog that takes most, nil if none has messages.
func largest(all []*backlog) (most *backlog) {
	for _, b := range all {
		if len(b.messages) > 0 && (most == nil || b.bytes > most.bytes) {
			most = b
		}
	}
	return most
}

// dropKept drops messages as there is no room for them, and logs how many of each endpoint.
func (h *Webhooks) dropKept(all []kept) error {
	for some := range slices.Chunk(all, loadPortion) {
		seqs, gone := make([]uint64, len(some)), map[uint64]bool{}
		for i, m := range some {
			seqs[i], gone[m.seq] = m.seq, true
		}
		if err := h.box.Change(h.running, nil, seqs); err != nil {
			return err
		}
		h.counts.lose(lostFull, len(some))
		h.mu.Lock()
		for _, m := range some {
			if m.parked {
				h.parked[m.endpoint]--
			}
		}
		for _, q := range h.queues {
			q.remove(func(p *pending) bool { return gone[p.seq] })
		}
		h.mu.Unlock()
	}
	h.logDropped(all)
	return nil
}

func (h *Webhooks) logDropped(all []kept) {
	dropped := map[string]int{}
	for _, m := range all {
		dropped[m.endpoint]++
	}
	for endpoint, n := range dropped {
		h.log.Error("outbox of webhooks is full: the oldest messages of the endpoint with most are dropped",
			slog.String("endpoint", endpoint), slog.Int("messages", n))
	}
}
