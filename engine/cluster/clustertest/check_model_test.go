package clustertest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
)

// maxDocument is the length of the longest document in bytes.
const maxDocument = 1 << 20

// check notes what is wrong once everything is mended: clients differ, something is gone that
// anybody has seen, or Redis does not have all of it.
func (w *world) check() {
	problems, versions := w.problems(), w.versions()
	w.mu.Lock()
	for _, problem := range problems {
		w.fails("%s", problem)
	}
	final := w.final()
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

// final returns the document of the first client that is there. mu is held.
func (w *world) final() ids {
	for _, c := range w.clients {
		if !c.gone {
			return c.doc
		}
	}
	return nil
}

// problems returns which clients are not connected, or have other documents than the first.
func (w *world) problems() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	final := w.final()
	for i, c := range w.clients {
		lacks, has := final.without(c.doc), c.doc.without(final)
		switch {
		case c.gone:
		case c.conn == nil:
			all = append(all, fmt.Sprintf("client %d cannot connect", i))
		case len(lacks)+len(has) > 0:
			all = append(all, fmt.Sprintf("client %d differs: lacks %v, has %v",
				i, lacks.sorted(), has.sorted()))
		}
	}
	return all
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
	for i := 0; i < leastRounds || w.real && i < mostRounds && w.lacks(c, want); i++ {
		time.Sleep(w.ttl / 20)
		if p.mayStart() {
			p.start()
		}
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

// lacks reports whether a client lacks something.
func (w *world) lacks(c *client, want ids) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return c.conn == nil || len(want.without(c.doc)) > 0
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
