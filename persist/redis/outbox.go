package redis

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Outbox is the outbox of all nodes, as package persist documents it, for one of them. It is in the
// first shard:
//
//	TAG:outbox         number → queue, 0, id, 0, frame
//	TAG:outbox:order   numbers, in order; TAG:outbox:seq, the newest
//	TAG:outbox:ids     queue, 0, id → number
//	TAG:outbox:bytes   how much the entries take
//	TAG:outbox:marks   key → frame
//	TAG:outbox:holder  the node that delivers, for the time of its Hold
type Outbox struct {
	c    *Client
	node string

	use    sync.RWMutex // held by calls; Close takes it for itself
	closed bool
}

// Outbox returns the outbox for a node. Closing it leaves the Client open.
func (c *Client) Outbox(node string) *Outbox { return &Outbox{c: c, node: node} }

// entryMore is what persist.OutboxSize counts more than the length of an entry's value.
func entryMore() string {
	none := persist.OutboxSize(persist.OutboxEntry{})
	return strconv.FormatInt(none-2-frameSize, 10)
}

// Add adds or moves entries, and keeps marks.
func (o *Outbox) Add(
	ctx context.Context, limit int64, entries []persist.OutboxEntry, marks []persist.OutboxMark,
) error {
	if err := persist.CheckOutbox(entries, marks); err != nil {
		return err
	}
	args := []string{strconv.FormatInt(limit, 10), entryMore(), strconv.Itoa(len(entries))}
	for _, e := range entries {
		id := e.Queue + "\x00" + e.ID
		args = append(args, decimal(e.Seq), id, id+"\x00"+framed(id, e.Data))
	}
	args = append(args, "0", "0")
	for _, m := range marks {
		value := ""
		if len(m.Data) > 0 {
			value = framed(m.Key, m.Data)
		}
		args = append(args, m.Key, value)
	}
	return o.write(ctx, args)
}

// Change replaces the data of entries, and drops others.
func (o *Outbox) Change(ctx context.Context, put []persist.OutboxEntry, drop []uint64) error {
	if err := persist.CheckOutbox(put, nil); err != nil {
		return err
	}
	args := []string{"0", entryMore(), "0", strconv.Itoa(len(put))}
	for _, e := range put {
		id := e.Queue + "\x00" + e.ID
		args = append(args, decimal(e.Seq), id+"\x00"+framed(id, e.Data))
	}
	args = append(args, strconv.Itoa(len(drop)))
	for _, seq := range drop {
		args = append(args, decimal(seq))
	}
	return o.write(ctx, args)
}

func (o *Outbox) write(ctx context.Context, args []string) error {
	if err := o.enter(ctx); err != nil {
		return err
	}
	defer o.use.RUnlock()
	code, err := o.c.run(ctx, outboxScript, call{0, args})[0].AsInt64()
	switch {
	case err != nil:
		return failure(err)
	case code != 0:
		return persist.ErrOutboxFull
	}
	return nil
}

// Entries returns entries with numbers above after. Those that are damaged are left out, and
// counted.
func (o *Outbox) Entries(
	ctx context.Context, after uint64, limit int,
) (all []persist.OutboxEntry, err error) {
	if err := o.enter(ctx); err != nil {
		return nil, err
	}
	defer o.use.RUnlock()
	args := []string{decimal(after), strconv.Itoa(limit)}
	parts, err := texts(o.c.run(ctx, readOutboxScript, call{0, args})[0])
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(parts); i += 2 {
		queue, rest, _ := strings.Cut(parts[i+1], "\x00")
		id, value, _ := strings.Cut(rest, "\x00")
		data, damage := unframe(queue+"\x00"+id, value)
		if damage != "" {
			o.c.counts.damage.Inc()
			continue
		}
		e := persist.OutboxEntry{Seq: parse(parts[i], 10), Queue: queue, ID: id, Data: data}
		all = append(all, e)
	}
	return all, nil
}

// Marks returns all marks that are not damaged.
func (o *Outbox) Marks(ctx context.Context) (all []persist.OutboxMark, err error) {
	if err := o.enter(ctx); err != nil {
		return nil, err
	}
	defer o.use.RUnlock()
	command := o.c.r.B().Hgetall().Key(o.key(":marks")).Build()
	stored, err := o.c.ask(ctx, opOutbox, maxLoad, command)[0].AsStrMap()
	if err != nil {
		return nil, failure(err)
	}
	for key, value := range stored {
		data, damage := unframe(key, value)
		if damage != "" {
			o.c.counts.damage.Inc()
			continue
		}
		all = append(all, persist.OutboxMark{Key: key, Data: data})
	}
	return all, nil
}

// Size returns how many entries there are, and how much they take.
func (o *Outbox) Size(ctx context.Context) (entries int, bytes int64, err error) {
	if err := o.enter(ctx); err != nil {
		return 0, 0, err
	}
	defer o.use.RUnlock()
	results := o.c.ask(ctx, opOutbox, 0, o.c.r.B().Hlen().Key(o.key("")).Build(),
		o.c.r.B().Incrby().Key(o.key(":bytes")).Increment(0).Build())
	n, err := results[0].AsInt64()
	if err == nil {
		bytes, err = results[1].AsInt64()
	}
	if err != nil {
		return 0, 0, failure(err)
	}
	return int(n), bytes, nil
}

// Hold makes the node the one that delivers for ttl, unless another one is.
func (o *Outbox) Hold(ctx context.Context, ttl time.Duration) (bool, error) {
	if err := o.enter(ctx); err != nil {
		return false, err
	}
	defer o.use.RUnlock()
	return o.hold(ctx, ttl)
}

func (o *Outbox) hold(ctx context.Context, ttl time.Duration) (bool, error) {
	args := []string{o.node, milliseconds(ttl)}
	held, err := o.c.run(ctx, holdOutboxScript, call{0, args})[0].AsInt64()
	if err != nil {
		return false, failure(err)
	}
	return held == 1, nil
}

// Close waits for calls. If the node delivers, another one may do so from now on.
func (o *Outbox) Close() error {
	o.use.Lock()
	defer o.use.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), o.c.config.Timeout)
	defer cancel()
	_, _ = o.hold(ctx, 0) // it ends by itself
	return nil
}

func (o *Outbox) key(rest string) string { return o.c.tags[0] + ":outbox" + rest }

// enter begins a call, which ends with o.use.RUnlock if there is no error.
func (o *Outbox) enter(ctx context.Context) error {
	o.use.RLock()
	err := o.c.usable(ctx)
	if o.closed {
		err = persist.ErrClosed
	}
	if err != nil {
		o.use.RUnlock()
	}
	return err
}
