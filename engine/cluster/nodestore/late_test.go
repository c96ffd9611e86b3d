package nodestore

import (
	"testing"

	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// TestLateUpdates shows that what a node had accepted when it crashed comes into the room of the
// node that has taken it over meanwhile, when the dead node is back; also a delete alone.
func TestLateUpdates(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	a.write("r", a1)
	a.writeUpdate("r", deleteA0)
	want := a.docs["r"].state
	dir := a.kill()
	w.takeLease("r", b)
	w.mustHave("the room", b.open("r").state, a0)
	b.write("r", b0)
	if err := want.Add(rowOf(b0), limit); err != nil {
		t.Fatal(err)
	}

	a = w.start(dir)
	a.settle()
	b.Holder().LateWaits("r")
	b.run()
	w.mustEqual("the room", b.docs["r"].state, want)
	w.mustEqual("Redis", w.inRedis(b, "r"), want)
	w.mustEqual("the disk", b.onDisk("r"), want)
	if left, err := b.client.Late(t.Context(), "r"); err != nil || len(left) > 0 {
		t.Errorf("%d late updates are left, %v", len(left), err)
	}
	a.settle()
	if left, err := b.client.Late(t.Context(), "r"); err != nil || len(left) > 0 {
		t.Errorf("%d late updates are offered again, %v", len(left), err)
	}
}

// TestLateUpdatesAtTakeover shows that late updates of a room that nobody has are in it when it is
// opened, and in Redis and on the disk.
func TestLateUpdatesAtTakeover(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	a.write("r", a1)
	w.takeLease("r", a)
	a = w.start(a.kill())
	a.settle()
	b := w.start("")
	w.mustHave("the room", b.open("r").state, a0, a1)
	w.mustHave("Redis", w.inRedis(b, "r"), a0, a1)
	w.mustHave("the disk", b.onDisk("r"), a0, a1)
}

// TestLateUpdatesOfAnotherDocument shows that late updates of another incarnation become a version,
// at a takeover and at a renewal, and change nothing else.
func TestLateUpdatesOfAnotherDocument(t *testing.T) {
	for _, loaded := range []bool{true, false} {
		w := newWorld(t)
		a, b := w.start(""), w.start("")
		b.open("r")
		b.write("r", b0)
		if !loaded {
			b.close("r")
		}
		a.docs["r"] = &doc{state: new(roomstate.State)}
		_ = a.tryWrite("r", a0.update()) // refused, and stored
		a.run()
		if b.Holder().LateWaits("r"); loaded {
			b.run()
		} else {
			b.open("r")
		}
		w.mustHave("the room", b.docs["r"].state, b0)
		w.mustHave("Redis", w.inRedis(b, "r"), b0)
		if got := b.versions("r"); got != 1 {
			t.Errorf("%d versions were kept", got)
		}
		if left, err := b.client.Late(t.Context(), "r"); err != nil || len(left) > 0 {
			t.Errorf("%d late updates are left, %v", len(left), err)
		}
	}
}

// TestSnapshotsCoverNoUnmergedUpdates shows that a late update that is in the journal in Redis, and
// not merged yet, outlives a snapshot that is newer.
func TestSnapshotsCoverNoUnmergedUpdates(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	a.write("r", a1)
	dir := a.kill()
	w.takeLease("r", b)
	b.open("r")
	a = w.start(dir)
	a.settle()
	r := b.room("r")
	if err := b.takeLateLocked(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	b.write("r", b0)
	b.snapshot("r")
	b.run()
	w.mustHave("Redis", w.inRedis(b, "r"), a0, a1, b0)
	if err := b.mergeLate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	b.snapshot("r")
	b.run()
	c, err := b.shared(t.Context(), "r")
	if err != nil || len(c.rows) > 0 {
		t.Errorf("%d rows are left, %v", len(c.rows), err)
	}
	w.mustHave("Redis", w.inRedis(b, "r"), a0, a1, b0)
}

// TestLostLease shows that a node whose lease another has taken disowns the room, and that what it
// had accepted goes to the other.
func TestLostLease(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	w.takeLease("r", b) // a has been stopped for too long
	b.open("r")
	b.write("r", b0)
	b.run()
	a.write("r", a1)
	a.snapshot("r")
	a.run()
	if a.gone["r"] != 1 {
		t.Errorf("it was disowned %d times", a.gone["r"])
	}
	b.Holder().LateWaits("r")
	b.run()
	w.mustHave("the room", b.docs["r"].state, a0, a1, b0)
	w.mustHave("Redis", w.inRedis(b, "r"), a0, a1, b0)
	b.close("r")
	w.mustHave("the first node", a.open("r").state, a0, a1, b0)
}

// TestLeaseTakenAgain shows that a node whose lease has ended takes it again, and that it learns
// what was written meanwhile, and Redis what it has written.
func TestLeaseTakenAgain(t *testing.T) {
	for _, elsewhere := range []bool{true, false} {
		w := newWorld(t)
		a, b := w.start(""), w.start("")
		a.open("r")
		a.write("r", a0)
		a.run()
		w.takeLease("r", b)
		want := []typed{a0, a1, c0}
		if elsewhere {
			b.open("r")
			b.write("r", b0)
			b.close("r")
			want = append(want, b0)
		}
		a.write("r", a1)
		a.run()
		if a.gone["r"] != 0 || a.docs["r"] == nil {
			t.Fatal("the room is gone")
		}
		a.write("r", c0)
		a.snapshot("r")
		a.run()
		w.mustHave("the room", a.docs["r"].state, want...)
		w.mustHave("Redis", w.inRedis(a, "r"), want...)
		w.mustHave("the disk", a.onDisk("r"), want...)
	}
}

// TestLeaseLostToAnotherDocument shows that a node that finds that its room has another document by
// now disowns the room, and that what it had becomes a version.
func TestLeaseLostToAnotherDocument(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	w.takeLease("r", b)
	b.open("r")
	if err := b.Quarantine(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	b.docs["r"] = &doc{state: new(roomstate.State)}
	b.write("r", b0)
	b.close("r")
	a.write("r", a1)
	a.run()
	if a.gone["r"] != 1 {
		t.Errorf("it was disowned %d times", a.gone["r"])
	}
	w.mustHave("the room", b.open("r").state, b0)
	if got := b.versions("r"); got != 1 {
		t.Errorf("%d versions were kept", got)
	}
}
