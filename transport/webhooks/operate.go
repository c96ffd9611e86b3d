package webhooks

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"
)

// Errors of operators' calls.
var (
	ErrOff        = errors.New("there are no webhooks in the configuration")
	ErrNoEndpoint = errors.New("there is no such endpoint in the configuration")
	ErrNoMessage  = errors.New("there is no such parked message")
	// ErrEndpointOff: a message would be parked again at once, or be dropped.
	ErrEndpointOff = errors.New("the endpoint is off, as it has answered with 410: enable it first")
)

// EndpointInfo describes an endpoint to operators.
type EndpointInfo struct {
	Name     string
	URL      string // without a query
	Events   []string
	Rooms    []string
	Waiting  int
	Parked   int
	Oldest   time.Time // when the oldest message that waits was made; zero: none waits
	Failing  string    // the last attempt has failed, as far as this node knows
	Off      string    // nothing is sent to it, as it answered with 410
	OffSince time.Time
}

// MessageInfo describes a message to operators.
type MessageInfo struct {
	Seq      uint64
	ID       string
	Endpoint string
	Event    string
	Room     string
	Made     time.Time
	Tries    int
	Next     time.Time // zero: at once, or never
	Parked   time.Time // zero: it waits
	Why      string
}

// Endpoints describes the endpoints in the order of the configuration.
func (h *Webhooks) Endpoints(ctx context.Context) (all []EndpointInfo, err error) {
	box, set := h.opened()
	index := map[string]int{}
	for i, e := range set.Endpoints {
		index[e.Name] = i
		all = append(all, EndpointInfo{
			Name: e.Name, URL: shown(e.URL), Events: e.Events, Rooms: e.Rooms,
		})
	}
	if box == nil {
		return all, nil
	}
	off, err := endpointsOff(ctx, box)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if d := off[all[i].Name]; d != nil {
			all[i].Off, all[i].OffSince = d.Why, d.Since
		}
	}
	return all, eachMessage(ctx, box, 0, func(p *pending) bool {
		i, known := index[p.endpoint]
		switch {
		case !known:
		case p.parked():
			all[i].Parked++
		default:
			if e := &all[i]; e.Waiting == 0 || p.Made.Before(e.Oldest) {
				e.Oldest = p.Made
			}
			if all[i].Waiting++; p.Why != "" {
				all[i].Failing = p.Why
			}
		}
		return true
	})
}

// endpointsOff returns the endpoints that are off, as the outbox has them.
func endpointsOff(ctx context.Context, box Outbox) (map[string]*disabled, error) {
	marks, err := box.Marks(ctx)
	return offOfAll(marks), err
}

// shown returns an address without its query, which may have a token.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.RawQuery, u.User, u.Fragment = "", nil, ""
	return u.String()
}

// Query selects messages. The zero value of a field selects all.
type Query struct {
	Endpoint string
	Parked   bool   // only those that are parked
	After    uint64 // only those with higher numbers
	Limit    int    // how many; it must be set
}

// Messages returns messages in the order of their numbers, and whether there are more.
func (h *Webhooks) Messages(
	ctx context.Context, q Query,
) (all []MessageInfo, more bool, err error) {
	box, _ := h.opened()
	if box == nil {
		return nil, false, nil
	}
	err = eachMessage(ctx, box, q.After, func(p *pending) bool {
		if q.Endpoint != "" && p.endpoint != q.Endpoint || q.Parked && !p.parked() {
			return true
		}
		if more = len(all) == q.Limit; more {
			return false
		}
		all = append(all, MessageInfo{
			Seq: p.seq, ID: p.id, Endpoint: p.endpoint, Event: p.Type, Room: p.Room, Made: p.Made,
			Tries: p.Tries, Next: p.Next, Parked: p.Park, Why: p.Why,
		})
		return true
	})
	return all, more, err
}

// Retry makes parked messages wait again, behind the others, with the first attempt at once: the
// one with that id, or without an id all of an endpoint, or of all. Those of endpoints that are off
// stay as they are. It returns how many.
func (h *Webhooks) Retry(ctx context.Context, endpoint, id string) (n int, err error) {
	box, _ := h.opened()
	if box == nil {
		return 0, ErrOff
	}
	off, err := endpointsOff(ctx, box)
	if err != nil {
		return 0, err
	}
	some, err := parkedOf(ctx, box, endpoint, id)
	all := len(some)
	some = slices.DeleteFunc(some, func(p *pending) bool { return off[p.endpoint] != nil })
	switch {
	case err != nil:
		return 0, err
	case len(some) == 0 && all > 0:
		return 0, ErrEndpointOff
	}
	return h.eachPortion(ctx, some, func(some []*pending) error {
		moved := make([]Entry, len(some))
		for i, p := range some {
			p.renew()
			moved[i] = p.entry()
		}
		return box.Add(ctx, 0, moved, nil)
	})
}

// Drop drops parked messages, which are selected as by Retry.
func (h *Webhooks) Drop(ctx context.Context, endpoint, id string) (n int, err error) {
	box, _ := h.opened()
	if box == nil {
		return 0, ErrOff
	}
	all, err := parkedOf(ctx, box, endpoint, id)
	if err != nil {
		return 0, err
	}
	n, err = h.eachPortion(ctx, all, func(some []*pending) error {
		seqs := make([]uint64, len(some))
		for i, p := range some {
			seqs[i] = p.seq
		}
		return box.Change(ctx, nil, seqs)
	})
	h.counts.lose(lostOperator, n)
	return n, err
}

// parkedOf returns the parked message with an id, which must be there, or without an id those of an
// endpoint, or all.
func parkedOf(ctx context.Context, box Outbox, endpoint, id string) (all []*pending, err error) {
	err = eachMessage(ctx, box, 0, func(p *pending) bool {
		if p.parked() && (endpoint == "" || p.endpoint == endpoint) && (id == "" || p.id == id) {
			all = append(all, p)
		}
		return true
	})
	if err == nil && len(all) == 0 && id != "" {
		err = ErrNoMessage
	}
	return all, err
}

// eachPortion does something with parked messages, some at a time.
func (h *Webhooks) eachPortion(
	ctx context.Context, all []*pending, do func([]*pending) error,
) (n int, err error) {
	for some := range slices.Chunk(all, maxBatch) {
		if err := do(some); err != nil {
			return n, err
		}
		n += len(some)
	}
	h.control(ctx, control{Recount: true})
	return n, nil
}

// Enable sends an endpoint events again that has answered with 410. Its parked messages stay so.
func (h *Webhooks) Enable(ctx context.Context, endpoint string) error {
	if !h.knows(endpoint) {
		return ErrNoEndpoint
	}
	return h.control(ctx, control{Enable: endpoint})
}

// SendTest sends an endpoint an event of the type Test.
func (h *Webhooks) SendTest(ctx context.Context, endpoint string) error {
	if !h.knows(endpoint) {
		return ErrNoEndpoint
	}
	if box, _ := h.opened(); box != nil {
		off, err := endpointsOff(ctx, box)
		if err != nil {
			return err
		}
		if off[endpoint] != nil {
			return ErrEndpointOff
		}
	}
	h.post(&event{kind: Test, to: endpoint, time: time.Now()})
	return nil
}

// knows reports whether an endpoint is in the configuration.
func (h *Webhooks) knows(endpoint string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.endpoint(endpoint) != nil
}
