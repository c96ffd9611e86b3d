package nodestore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

var (
	a0, a1, a2 = typed{1, 0}, typed{1, 1}, typed{1, 2}
	b0, b1     = typed{2, 0}, typed{2, 1}
	c0         = typed{3, 0}
)

// deleteA0 deletes the letter a0.
var deleteA0 = []byte{0, 1, 1, 1, 0, 1}

// TestHandover shows that a room that one node has released is whole on another, that each of both
// disks has all of it, and that the version does not go back.
func TestHandover(t *testing.T) {
	for _, withSnapshot := range []bool{false, true} {
		w := newWorld(t)
		a, b := w.start(""), w.start("")
		a.open("r")
		a.write("r", a0, a1)
		if withSnapshot {
			a.snapshot("r")
		}
		a.write("r", a2)
		a.close("r")
		d := b.open("r")
		w.mustHave("the other node", d.state, a0, a1, a2)
		w.mustHave("its disk", b.onDisk("r"), a0, a1, a2)
		w.mustHave("Redis", w.inRedis(b, "r"), a0, a1, a2)
		if b.VersionFloor("r") < 3+versionStep {
			t.Errorf("the version may be %d", b.VersionFloor("r"))
		}
		b.write("r", b0)
		b.close("r")
		w.mustHave("the first node", a.open("r").state, a0, a1, a2, b0)
		w.mustHave("its disk", a.onDisk("r"), a0, a1, a2, b0)
		if got := a.versions("r") + b.versions("r"); got != 0 {
			t.Errorf("%d versions were kept", got)
		}
	}
}

// TestElsewhere shows that a room of another node cannot be loaded, and that releasing it here does
// nothing.
func TestElsewhere(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	if _, err := b.tryOpen("r"); !errors.Is(err, cluster.ErrNotOwner) {
		t.Errorf("Lease: %v", err)
	}
	if err := b.Store.Release(t.Context(), "r"); err != nil {
		t.Error(err)
	}
	a.write("r", a0)
	a.close("r")
	w.mustHave("Redis", w.inRedis(a, "r"), a0)
}

// TestOwnDisk shows that what a node had accepted before it crashed, and what Redis does not have,
// is there when it opens the room again, and in Redis; also a delete alone.
func TestOwnDisk(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	a.write("r", a1)
	a.writeUpdate("r", deleteA0)
	want := a.docs["r"].state
	a = w.start(a.kill())
	w.takeLease("r", a)
	w.mustEqual("the room", a.open("r").state, want)
	w.mustEqual("Redis", w.inRedis(a, "r"), want)
}

// TestSingleNodesDirectory shows that a data directory of a server that ran alone is one of a
// cluster: each room opens whole, and then Redis has it.
func TestSingleNodesDirectory(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	for _, room := range []string{"rows", "snapshot"} {
		a.docs[room] = &doc{state: new(roomstate.State)}
		a.docs[room].begun = room == "rows" // one begun by the first release has no incarnation
		for _, x := range []typed{a0, a1} {
			if err := a.tryWrite(room, x.update()); !errors.Is(err, cluster.ErrNotOwner) {
				t.Fatal(err) // it is stored all the same
			}
		}
	}
	a.snapshot("snapshot")
	a = w.start(a.kill())
	for _, room := range []string{"rows", "snapshot"} {
		w.mustHave(room, a.open(room).state, a0, a1)
		w.mustHave(room+" in Redis", w.inRedis(a, room), a0, a1)
		a.write(room, a2)
		a.close(room)
	}
	b := w.start("")
	w.mustHave("rows", b.open("rows").state, a0, a1, a2)
}

// TestAnotherIncarnation shows that a disk with an older document of the room does not bring its
// text back: it becomes a version if Redis never had all of it, and goes otherwise.
func TestAnotherIncarnation(t *testing.T) {
	for _, sent := range []bool{true, false} {
		w := newWorld(t)
		a, b := w.start(""), w.start("")
		a.open("r")
		a.write("r", a0)
		if a.run(); !sent {
			a.write("r", a1)
		}
		dir := a.kill()
		w.takeLease("r", b)
		b.open("r")
		if err := b.Quarantine(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
		b.docs["r"] = &doc{state: new(roomstate.State)}
		b.write("r", b0)
		b.close("r")
		a = w.start(dir)
		w.mustHave("the room", a.open("r").state, b0)
		w.mustHave("its disk", a.onDisk("r"), b0)
		want := 1
		if sent {
			want = 0
		}
		if got := a.versions("r"); got != want {
			t.Errorf("%d versions were kept, want %d", got, want)
		}
	}
}

// TestDroppedRoom shows that a room that was dropped in Redis does not come back from a disk that
// has it yet, and that its next document can.
func TestDroppedRoom(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.close("r")
	w.drop(b, "r")
	if d := a.open("r"); !d.state.Empty() {
		t.Error("it has come back")
	}
	a.write("r", a1, b0)
	a.close("r")
	d := b.open("r")
	if d.state.Empty() {
		t.Error("the next document is not there")
	}
}

// TestDroppedLoadedRoom shows that rows of a loaded room that was dropped are sent once, and not
// until the room is disowned: its worker may wait for other rows of the same Append.
func TestDroppedLoadedRoom(t *testing.T) {
	w := newWorld(t)
	a := w.start("", func(c *Config) { c.Redis = true })
	a.open("r")
	a.write("r", a0)
	w.drop(a, "r")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	rows := []Row{{Room: "r", Data: rowOf(a1)}}
	if err := a.Append(ctx, rows); err != nil || rows[0].Err == nil {
		t.Errorf("Append: %v, the row: %v", err, rows[0].Err)
	}
	a.run()
	if a.gone["r"] != 1 || a.docs["r"] != nil {
		t.Errorf("the room was disowned %d times", a.gone["r"])
	}
}

// TestCopiesOfDroppedRooms shows that the local copies of rooms that were dropped in Redis go, and
// no others.
func TestCopiesOfDroppedRooms(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	for _, room := range []string{"dropped", "stays", "loaded"} {
		a.open(room)
		a.write(room, a0)
		a.close(room)
	}
	w.drop(b, "dropped")
	a.open("loaded")
	if _, err := a.DropExpired(t.Context(), w.now()); err != nil {
		t.Fatal(err)
	}
	for room, want := range map[string]bool{"dropped": true, "stays": false, "loaded": false} {
		if got := a.onDisk(room).Empty(); got != want {
			t.Errorf("%s is gone: %v", room, got)
		}
	}
}

// TestDurabilityRedis shows that, with Config.Redis, a room is not loaded unless Redis has all of
// it, and that an update waits until Redis has it, and is stored once on the disk.
func TestDurabilityRedis(t *testing.T) {
	w := newWorld(t)
	both := func(c *Config) { c.Redis = true }
	a := w.start("", both)
	a.open("r")
	a.write("r", a0)
	w.mustHave("Redis", w.inRedis(a, "r"), a0)

	a.client.setAway(true)
	row := rowOf(a1)
	for range 3 { // the engine tries again
		if err := a.append("r", row); err == nil {
			t.Fatal("it counts as durable")
		}
	}
	a.client.setAway(false)
	if err := a.append("r", row); err != nil {
		t.Fatal(err)
	}
	w.mustHave("Redis", w.inRedis(a, "r"), a0, a1)
	if c, err := a.Store.local(t.Context(), "r"); err != nil || len(c.rows) != 2 {
		t.Errorf("the disk has %d rows, %v", len(c.rows), err)
	}

	a.client.setAway(true)
	if a.append("r", rowOf(a2)) == nil {
		t.Fatal("it counts as durable")
	}
	a.client.setAway(false)
	a = w.start(a.kill(), both)
	w.takeLease("r", a)
	a.client.fails = func(*cluster.FencedRow) error { return errAway }
	if _, err := a.tryOpen("r"); !errors.Is(err, errAway) {
		t.Errorf("it is loaded although Redis does not have all: %v", err)
	}
	a.client.fails = nil
	w.mustHave("the room", a.open("r").state, a0, a1, a2)
	w.mustHave("Redis", w.inRedis(a, "r"), a0, a1, a2)
}
