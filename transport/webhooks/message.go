package webhooks

import (
	"encoding/json"
	"fmt"
	"time"
)

// message is an event on its way to an endpoint: what Entry.Data has.
type message struct {
	Type  string          `json:"type"`
	Room  string          `json:"room,omitempty"`
	Made  time.Time       `json:"made"`
	Body  json.RawMessage `json:"body"`
	Tries int             `json:"tries,omitempty"` // attempts that failed
	Next  time.Time       `json:"next,omitzero"`   // when the next attempt is due; zero: at once
	Why   string          `json:"why,omitempty"`   // the last attempt failed
	Park  time.Time       `json:"parked,omitzero"` // when it was given up; zero: it was not
}

// pending is a message in memory.
type pending struct {
	seq      uint64
	id       string
	endpoint string
	size     int // in the outbox, roughly, in bytes
	message
}

// entryOverhead is what an entry of an outbox takes beside its texts, roughly, in bytes.
const entryOverhead = 64

// entry returns the message as the outbox has it.
func (p *pending) entry() Entry {
	b, err := json.Marshal(&p.message)
	if err != nil {
		panic(err) // Body was read from JSON, or made as such
	}
	return Entry{Seq: p.seq, Queue: p.endpoint, ID: p.id, Data: b}
}

// read returns the message of an entry.
func read(e Entry) (*pending, error) {
	size := len(e.Queue) + len(e.ID) + len(e.Data) + entryOverhead
	p := &pending{seq: e.Seq, id: e.ID, endpoint: e.Queue, size: size}
	if err := json.Unmarshal(e.Data, &p.message); err != nil {
		return nil, fmt.Errorf("message %s of %s: %w", e.ID, e.Queue, err)
	}
	return p, nil
}

// fail notes that an attempt has failed, for a reason. The next one is due after the pause of the
// schedule, or later if the receiver asks for that; after the last it is parked.
func (p *pending) fail(now time.Time, why string, after time.Duration) {
	p.Why, p.Tries = why, p.Tries+1
	if p.Tries > len(schedule) {
		p.park(now, why)
		return
	}
	p.Next = now.Add(max(schedule[p.Tries-1], after))
}

// park gives the message up.
func (p *pending) park(now time.Time, why string) { p.Why, p.Park, p.Next = why, now, time.Time{} }

// renew makes a parked message one that was never tried.
func (p *pending) renew() { p.Tries, p.Next, p.Park, p.Why = 0, time.Time{}, time.Time{}, "" }

func (p *pending) parked() bool { return !p.Park.IsZero() }
