package nodestore

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// loseTail makes Redis lose the journal of rooms, and be another than it was, as a failover does.
func (w *world) loseTail(rooms ...string) {
	w.Helper()
	for _, room := range rooms {
		w.redis.Do("DEL", "{civic}:journal:"+room)
	}
	w.restart()
}

// restart restarts Redis, and returns when all nodes have found it again.
func (w *world) restart() {
	w.Helper()
	w.redis.Kill()
	w.redis.Restart()
	for _, n := range w.nodes {
		for reached := 0; reached < 50; reached++ { // by all of its connections
			if !w.reached(n) {
				reached = 0
			}
			if err := w.Context().Err(); err != nil {
				w.Fatal(err)
			}
		}
	}
}

// reached reports whether a node reaches Redis.
func (w *world) reached(n *node) bool {
	_, err := n.client.Owners(w.Context(), []string{"r"})
	_, failure := n.shared(w.Context(), "r")
	_, other := n.client.Announce(w.Context(), n.name, nil, time.Hour)
	return err == nil && failure == nil && other == nil
}

// restartable starts a world whose Redis keeps its data over a restart.
func restartable(t *testing.T) *world {
	return newWorld(t, "appendonly yes", "appendfsync always")
}

// TestFailover shows that what Redis has lost is put back: of rooms that a node has, and of those
// that it has released lately.
func TestFailover(t *testing.T) {
	w := restartable(t)
	a := w.start("")
	for _, room := range []string{"has", "released"} {
		a.open(room)
		a.write(room, a0)
		a.snapshot(room)
		a.run()
		a.write(room, a1)
		a.run()
	}
	a.close("released")
	a.settle()
	w.loseTail("has", "released")
	w.mustHave("Redis", w.inRedis(a, "has"), a0)
	a.write("has", a2) // Redis takes it, as it knows the lease
	a.run()
	a.settle()
	a.run()
	w.mustHave("Redis", w.inRedis(a, "has"), a0, a1, a2)
	b := w.start("")
	w.mustHave("the released room", b.open("released").state, a0, a1)
	a.close("has")
	w.mustHave("the other", b.open("has").state, a0, a1, a2)
}

// TestRestart shows that nothing is put back if Redis has lost nothing, and that rooms that were
// released long ago are not looked at.
func TestRestart(t *testing.T) {
	w := restartable(t)
	a := w.start("")
	a.settle()
	for _, room := range []string{"has", "released", "long ago"} {
		a.open(room)
		a.write(room, a0)
		a.run()
	}
	a.close("released")
	a.close("long ago")
	a.mu.Lock()
	m := a.marks["long ago"]
	m.Released = time.Now().Add(-2 * a.c.Lag)
	a.marks["long ago"] = m
	a.mu.Unlock()
	w.restart()
	before := a.count.spared.Get()
	a.settle()
	if got := a.count.spared.Get() - before; got != 2 {
		t.Errorf("%d rooms were spared, want 2", got)
	}
	if a.count.offered.Get() != 0 {
		t.Error("something was offered")
	}
	c, err := a.shared(t.Context(), "has")
	if err != nil || c.snapshot != nil || len(c.rows) != 1 {
		t.Errorf("something was put back: %d rows, %v", len(c.rows), err)
	}
}

// TestEmptied shows that everything on the disks of all nodes is put back into an empty Redis, and
// that of two documents of a room the newer begins it, and the other becomes a version.
func TestEmptied(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.settle()
	a.open("old")
	a.write("old", a0)
	a.run()
	w.takeLease("old", b)
	b.open("old")
	if err := b.Quarantine(t.Context(), "old"); err != nil {
		t.Fatal(err)
	}
	delete(b.docs, "old")
	b.open("old")
	b.write("old", b0)
	b.close("old")
	for _, n := range []*node{a, b} {
		n.open("of " + n.name)
		n.write("of "+n.name, a0, a1)
		n.run()
	}
	a.close("of " + a.name)
	w.redis.Flush()
	for _, n := range []*node{a, b} {
		n.settle()
	}
	a.run()
	b.run()
	c := w.start("")
	w.takeLease("of "+b.name, c)
	for _, n := range []*node{a, b} {
		w.mustHave("the room of "+n.name, c.open("of "+n.name).state, a0, a1)
	}
	w.takeLease("old", c)
	w.mustHave("the room with two documents", c.open("old").state, b0)
	if got := c.versions("old"); got != 1 {
		t.Errorf("%d versions were kept", got)
	}
}

// TestVersionsStayWhenPutBack shows that a room that a node has put back into an empty Redis, where
// it waits as a late update, is not taken for one that was dropped: what was kept of it on the disk
// stays.
func TestVersionsStayWhenPutBack(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.settle()
	a.open("r")
	a.write("r", a0)
	if err := a.keep(t.Context(), "r", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	a.close("r")
	w.redis.Flush()
	a.settle()
	w.mustHave("the room", a.open("r").state, a0)
	all, err := a.Versions(t.Context(), "r")
	if err != nil || len(all) != 1 || a.count.drops.Get() != 0 {
		t.Errorf("%+v, %d copies were dropped, %v", all, a.count.drops.Get(), err)
	}
}

// TestPutBackIsRepeated shows that PutBack fails while Redis does not take all, does not begin anew
// after that, and that rooms that can be put back are.
func TestPutBackIsRepeated(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	for _, room := range []string{"one", "two"} {
		a.open(room)
		a.write(room, a0)
		a.run()
		a.close(room)
	}
	w.redis.Flush()
	a.client.setAway(true)
	if a.newGeneration() == nil {
		t.Error("PutBack has not failed")
	}
	a.client.setAway(false)
	a.settle()
	offered := a.count.offered.Get()
	a.settle()
	if offered != 2 || a.count.offered.Get() != 2 {
		t.Errorf("%d and %d updates are offered", offered, a.count.offered.Get())
	}
}

// TestMarksOfEarlierStart shows that a node that was stopped while Redis was emptied puts back when
// it starts, as its marks name another generation.
func TestMarksOfEarlierStart(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.settle()
	a.open("r")
	a.write("r", a0)
	a.snapshot("r")
	a.run()
	a.close("r")
	dir := a.kill()
	w.redis.Flush()
	a = w.start(dir)
	a.settle()
	b := w.start("")
	w.mustHave("the room", b.open("r").state, a0)
}

// TestDecisions shows that all nodes have the decisions of each, that they are not known while
// Redis is away, and that a node that starts meanwhile has those that it knew.
func TestDecisions(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	lock := Decision{Kind: "lock", Subject: "r", Made: time.UnixMilli(5)}
	ban := Decision{Kind: "ban", Subject: "ann", Made: time.UnixMilli(6)}
	if err := a.ChangeDecisions(t.Context(), []Decision{lock, ban}, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.ChangeDecisions(t.Context(), nil, []Decision{ban}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b} {
		got, err := n.LoadDecisions(t.Context())
		if err != nil || !slices.Equal(got, []Decision{lock}) {
			t.Errorf("%s: %+v, %v", n.name, got, err)
		}
	}
	dir := a.kill()
	w.redis.Stop()
	if _, err := b.LoadDecisions(t.Context()); err == nil {
		t.Error("they are known without Redis")
	}
	local, err := w.openDisk(dir).LoadDecisions(t.Context())
	if err != nil || !slices.Equal(local, []Decision{lock}) {
		t.Errorf("the disk has %+v, %v", local, err)
	}
}

// TestVersions shows that the versions in Redis and those on the disk of a node are listed
// together, and that each can be read.
func TestVersions(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	for range 2 { // the first becomes an automatic version
		a.snapshot("r")
	}
	id, err := b.KeepVersion(t.Context(), "r", Version{Why: "why"}, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := a.Versions(t.Context(), "r")
	if err != nil || len(all) != 2 || all[0].ID >= all[1].ID || all[1].Why != "why" || all[1].ID != id {
		t.Fatalf("%+v, %v", all, err)
	}
	for i, v := range all {
		blob, err := a.Version(t.Context(), "r", v.ID)
		if err != nil || len(blob) != v.Size || (string(blob) == "kept") != (i == 1) {
			t.Errorf("version %d: %q, %v", v.ID, blob, err)
		}
	}
	if r, err := a.Room(t.Context(), "r"); err != nil || r.Versions != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if rooms, err := b.Rooms(t.Context()); err != nil || len(rooms) != 1 || rooms[0].Key != "r" {
		t.Errorf("%+v, %v", rooms, err)
	}
}

// TestVersionsOfOneSize shows that a version on the disk is not listed twice if Redis has it, and
// is listed if Redis has only another one of the same size; and that none is kept twice.
func TestVersionsOfOneSize(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	check := func(want ...string) {
		t.Helper()
		all, err := a.Versions(t.Context(), "r")
		var got []string
		for _, v := range all {
			blob, failure := a.Version(t.Context(), "r", v.ID)
			got, err = append(got, string(blob)), errors.Join(err, failure)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	keep := func(n *node, blob string) {
		if err := n.keep(t.Context(), "r", []byte(blob)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		keep(a, "one") // once
	}
	check("one")
	w.redis.Flush()
	keep(b, "two")
	check("one", "two")
}

// TestRead shows that a room can be looked at without its lease.
func TestRead(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	blob, rows, err := b.Read(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	w.mustHave("the other node", w.read(&copied{snapshot: blob, rows: rows}), a0)
	if blob, rows, err := b.Read(t.Context(), "none"); blob != nil || rows != nil || err != nil {
		t.Errorf("%q, %q, %v", blob, rows, err)
	}
	if len(b.leases) > 0 {
		t.Error("it has a lease")
	}
}
