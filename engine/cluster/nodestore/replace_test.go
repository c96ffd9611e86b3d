package nodestore

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// delete deletes the document of a room, as an engine does that has ended the room.
func (n *node) delete(room string) {
	n.w.Helper()
	delete(n.docs, room)
	if err := n.Store.Lease(n.w.Context(), room); err != nil {
		n.w.Fatal(err)
	}
	blob, rows, err := n.Load(n.w.Context(), room)
	if err != nil {
		n.w.Fatal(err)
	}
	version, incarnation, _, _ := stored.Stat(blob, rows)
	now := time.Now().UnixMilli()
	blob, err = snapshot.Append(nil, snapshot.Snapshot{
		Version: version + 1, State: []byte{0, 0},
		Incarnation: snapshot.LaterIncarnation(now, incarnation),
		Deleted:     snapshot.Deletion{At: now, By: "ann"},
	}, snapshot.Raw)
	if err == nil {
		err = n.Replace(n.w.Context(), room, blob)
	}
	if err == nil {
		err = n.Store.Release(n.w.Context(), room)
	}
	if err != nil {
		n.w.Fatal(err)
	}
}

// mustBeDeleted checks that a node that takes a room over finds that it was deleted, and nothing
// else of it, also on its disk.
func (n *node) mustBeDeleted(room string) {
	n.w.Helper()
	n.w.takeLease(room, n)
	d := n.open(room)
	if d.state.Deleted.By != "ann" || d.state.Clock(uint64(a0.client)) > 0 {
		n.w.Errorf("%s: the room is %+v", n.name, d.state.Deleted)
	}
	if got := n.versions(room); got != 0 {
		n.w.Errorf("%s: %d versions are left", n.name, got)
	}
	if disk := n.onDisk(room); disk.Deleted.By != "ann" || disk.Clock(uint64(a0.client)) > 0 {
		n.w.Errorf("%s: the disk has %+v", n.name, disk.Deleted)
	}
	n.close(room)
	n.run()
}

// TestReplace shows that a deleted room is deleted for the node that takes it over, whatever that
// has on its disk: its copy, and its versions, go.
func TestReplace(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.settle()
	b.settle()
	b.open("r")
	b.write("r", a0)
	for range 2 { // the first becomes an automatic version on the disk of b
		b.snapshot("r")
	}
	b.run()
	b.close("r")
	a.open("r")
	a.write("r", a1)
	a.run()
	if _, err := a.KeepVersion(t.Context(), "r", Version{Name: "named"}, []byte("kept")); err != nil {
		t.Fatal(err)
	}
	a.delete("r")
	for _, n := range []*node{b, a, b} {
		n.mustBeDeleted("r")
	}
	c := w.start("")
	c.mustBeDeleted("r")
	if rooms, err := c.Rooms(t.Context()); err != nil || len(rooms) != 1 || rooms[0].Rows != 0 {
		t.Errorf("%+v, %v", rooms, err)
	}
	dir := c.kill()
	w.start(dir).mustBeDeleted("r")
}

// TestCopiesOfDeletedRooms shows that other nodes drop their copies of a deleted room, what was
// unsent of them too, without taking it over.
func TestCopiesOfDeletedRooms(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.settle()
	b.settle()
	b.open("r")
	b.write("r", a0)
	for range 2 {
		b.snapshot("r")
	}
	b.run()
	b.close("r")
	a.delete("r")
	if _, err := b.DropExpired(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	rooms, err := b.local.Rooms(t.Context())
	if err != nil || len(rooms) != 0 {
		t.Errorf("the disk has %+v, %v", rooms, err)
	}
	a.mustBeDeleted("r")
}

// TestLateUpdatesOfDeletedRooms shows that a node that was cut off with updates of a room brings
// neither the room back, nor its updates as a version.
func TestLateUpdatesOfDeletedRooms(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	b.open("r")
	b.write("r", a0)
	b.run()
	b.write("r", a1) // is not sent
	w.takeLease("r", a)
	a.delete("r")
	b.run() // its row is refused
	if b.docs["r"] != nil {
		t.Error("the room goes on")
	}
	b.run()
	for _, n := range []*node{a, b} {
		n.mustBeDeleted("r")
	}
}

// TestDeletionIsPutBack shows that a deletion is put back into an empty Redis, and that a document
// that another node has put back before goes then, also if its room is loaded.
func TestDeletionIsPutBack(t *testing.T) {
	for name, first := range map[string]bool{"first": true, "after the document": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, b := w.start(""), w.start("")
			a.settle()
			b.settle()
			b.open("r")
			b.write("r", a0)
			b.run()
			b.close("r")
			a.delete("r")
			w.redis.Flush()
			if first {
				a.settle()
				b.settle()
			} else {
				b.settle()
				w.mustHave("the room", b.open("r").state, a0)
				b.write("r", a1)
				b.run()
				a.settle()
				b.addWork(b.room("r"), workLate)
				b.run()
				if b.docs["r"] != nil {
					t.Error("the room goes on")
				}
				b.run()
			}
			for _, n := range []*node{b, a} {
				n.mustBeDeleted("r")
			}
		})
	}
}
