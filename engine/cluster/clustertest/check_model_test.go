package clustertest_test

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
)

// maxDocument is the length of the longest document in bytes.
const maxDocument = 1 << 20

// check notes what is wrong once everything is mended: clients differ, something is gone that
// anybody has seen, or Redis does not have all of it.
func (w *world) check() {
	versions := w.versions()
	w.mu.Lock()
	var final ids
	for i, c := range w.clients {
		switch {
		case c.gone:
		case c.conn == nil:
			w.fails("client %d cannot connect", i)
		case final == nil:
			final = c.doc
		case len(c.doc.without(final))+len(final.without(c.doc)) > 0:
			w.fails("client %d differs: lacks %v, has %v", i,
				final.without(c.doc).sorted(), c.doc.without(final).sorted())
		}
	}
	missing := w.seen.without(final).without(w.saved).without(versions)
	if len(missing) > 0 && !w.excused() {
		w.fails("seen, and gone: %v", missing.sorted())
	}
	for _, c := range w.clients {
		c.gone = true
	}
	final = ids{}.with(final)
	w.mu.Unlock()
	for _, c := range w.clients {
		c.leaves()
	}
	w.checkRedis(final)
}

// excused reports whether something may be gone: the only disk that had it, before Redis had it.
func (w *world) excused() bool {
	for _, p := range w.places {
		if p.destroyed {
			return !w.durable || w.lossy
		}
	}
	return false
}

// checkRedis ends all processes, and notes what a new one lacks that has nothing on its disk.
func (w *world) checkRedis(want ids) {
	for _, p := range w.places {
		if c := p.process(); c != nil {
			c.drain()
		}
	}
	w.all.Wait()
	p := &place{w: w, address: "new:1", dir: w.t.TempDir()}
	w.places = append(w.places, p)
	c := &client{w: w, doc: ids{}}
	w.clients = append(w.clients, c)
	p.start()
	for range 20 {
		time.Sleep(w.ttl / 10)
		c.connects(p.process())
	}
	w.settle()
	w.mu.Lock()
	if missing := want.without(c.doc); len(missing) > 0 {
		w.fails("Redis lacks %v", missing.sorted())
	}
	if more := c.doc.without(want); len(more) > 0 {
		w.fails("Redis has %v, and nobody else", more.sorted())
	}
	w.mu.Unlock()
	c.leaves()
	p.process().drain()
	w.all.Wait()
}

// versions returns everything that is in versions of the room.
func (w *world) versions() ids {
	all := ids{}
	for _, p := range w.places {
		if c := p.process(); c != nil {
			w.addVersions(all, c.store)
			w.addVersions(all, c.local)
		}
	}
	return all
}

// versioned has versions of rooms.
type versioned interface {
	Versions(ctx context.Context, room string) ([]nodestore.Version, error)
	Version(ctx context.Context, room string, id uint64) ([]byte, error)
}

func (w *world) addVersions(all ids, from versioned) {
	ctx := context.Background()
	list, err := from.Versions(ctx, room.String())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range list {
		blob, err := from.Version(ctx, room.String(), v.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		found, err := inStored(blob, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		all.add(found)
	}
}
