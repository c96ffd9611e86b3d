package nodestore

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// TestOutbox shows that rows count as durable when the disk has them, wait while Redis is away,
// and are then in Redis once each, in their order; and that marks say so.
func TestOutbox(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.open("r")
	a.open("s")
	a.client.setAway(true)
	a.write("r", a0, a1)
	a.write("s", b0)
	if some, err := a.send(t.Context()); !some || !errors.Is(err, errAway) {
		t.Errorf("sent %v, %v", some, err)
	}
	a.client.setAway(false)
	a.run()
	c, err := a.shared(t.Context(), "r")
	if err != nil || len(c.rows) != 2 {
		t.Errorf("Redis has %d rows, %v", len(c.rows), err)
	}
	w.mustHave("r", w.inRedis(a, "r"), a0, a1)
	w.mustHave("s", w.inRedis(a, "s"), b0)
	if unsent, err := a.local.Unsent(t.Context()); err != nil || len(unsent) > 0 {
		t.Errorf("%q count as unsent, %v", unsent, err)
	}
}

// TestFullOutbox shows that the memory of the outbox is bounded, and that the whole state of rooms
// whose rows have no place is sent instead: also of a room that is written to meanwhile.
func TestFullOutbox(t *testing.T) {
	w := newWorld(t)
	small := func(c *Config) { c.OutboxBytes = 50 }
	a := w.start("", small)
	a.open("r")
	a.open("s")
	a.client.setAway(true)
	var letters []typed
	for clock := range byte(20) {
		letters = append(letters, typed{1, clock})
		a.write("r", typed{1, clock})
		a.write("s", typed{1, clock})
	}
	if a.bytes > 50 {
		t.Errorf("the outbox has %d bytes", a.bytes)
	}
	a.client.setAway(false)
	a.snapshot("s")
	a.run()
	a.write("r", b0)
	a.run()
	w.mustHave("r", w.inRedis(a, "r"), append(letters, b0)...)
	w.mustHave("s", w.inRedis(a, "s"), letters...)
	if unsent, err := a.local.Unsent(t.Context()); err != nil || len(unsent) > 0 || a.bytes != 0 {
		t.Errorf("%q count as unsent, %v, %d bytes", unsent, err, a.bytes)
	}
	a.snapshot("r")
	a.run()
	w.mustHave("r after its snapshot", w.inRedis(a, "r"), append(letters, b0)...)
}

// slowAppend is a Local that calls a function, once, before Append returns.
type slowAppend struct {
	Local
	before func()
}

func (s *slowAppend) Append(ctx context.Context, rows []Row) error {
	err := s.Local.Append(ctx, rows)
	if f := s.before; f != nil {
		s.before = nil
		f()
	}
	return err
}

// TestRowInWholeState shows that a row is not sent, time and again, that Redis has with the whole
// state of its room, which was sent when the disk had the row, and its Append had not returned.
func TestRowInWholeState(t *testing.T) {
	w := newWorld(t)
	for name, redis := range map[string]bool{"node": false, "redis": true} {
		t.Run(name, func(t *testing.T) {
			local := &slowAppend{}
			a := w.start("", func(c *Config) {
				local.Local, c.Local, c.Redis = c.Local, local, redis
			})
			a.open(name)
			a.write(name, a0)
			a.run()
			local.before = func() {
				a.Store.mu.Lock()
				a.sendWholeLocked(a.rooms[name])
				a.Store.mu.Unlock()
				a.run()
			}
			a.write(name, a1)
			a.run()
			if a.waiting() {
				t.Error("the row still waits")
			}
			a.write(name, a2)
			a.run()
			w.mustHave(name, w.inRedis(a, name), a0, a1, a2)
		})
	}
}

// TestWholeStateOutlivesACrash shows that rows that had no place in memory are in Redis after a
// crash, although a snapshot on the disk covers them.
func TestWholeStateOutlivesACrash(t *testing.T) {
	w := newWorld(t)
	a := w.start("", func(c *Config) { c.OutboxBytes = 1 })
	a.open("r")
	a.write("r", a0)
	a.run()
	a.client.setAway(true)
	a.write("r", a1)
	a.snapshot("r")
	a = w.start(a.kill())
	a.settle()
	w.takeLease("r", a)
	b := w.start("")
	w.mustHave("another node", b.open("r").state, a0, a1)
}

// TestFailingRoom shows that a room whose rows Redis does not take holds up no other, and is sent
// when Redis takes them.
func TestFailingRoom(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	for _, room := range []string{"bad", "r"} {
		a.open(room)
		a.write(room, a0)
	}
	a.client.fails = func(row *cluster.FencedRow) error {
		if row.Lease.Room == "bad" {
			return errAway
		}
		return nil
	}
	if _, err := a.send(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.write("r", a1)
	if some, err := a.send(t.Context()); !some || err != nil {
		t.Fatalf("sent %v, %v", some, err)
	}
	w.mustHave("r", w.inRedis(a, "r"), a0, a1)
	a.client.fails = nil
	a.room("bad").rowsAt = time.Time{} // its pause is over
	a.run()
	w.mustHave("bad", w.inRedis(a, "bad"), a0)
}

// TestLargeRooms shows that of a room that has much to send only a part is sent at a time, so that
// the next rooms have their turn.
func TestLargeRooms(t *testing.T) {
	a := &Store{rooms: map[string]*room{}}
	a.c = Config{Node: leaseOfAll{}}.withDefaults()
	for _, name := range []string{"large", "small"} {
		r := a.room(name)
		r.owned = true
		for seq := range uint64(40) {
			size := 100 << 10
			if name == "small" {
				size = 1
			}
			a.addRow(r, Row{Room: name, Data: make([]byte, size), Seq: seq + 1})
		}
	}
	b := a.take(w0)
	sent := map[string]int{}
	for _, row := range b.rows {
		sent[row.Lease.Room]++
	}
	if sent["small"] != 40 || sent["large"] < 1 || sent["large"] > 6 {
		t.Errorf("%v are sent", sent)
	}
}

// TestSnapshotsWaitForRows shows that a snapshot does not come to Redis before the rows that it
// covers, and then takes their place.
func TestSnapshotsWaitForRows(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.open("r")
	a.write("r", a0, a1)
	a.snapshot("r")
	if err := a.sendState(t.Context(), a.room("r")); !errors.Is(err, errUnsent) {
		t.Errorf("sendState: %v", err)
	}
	a.run()
	c, err := a.shared(t.Context(), "r")
	if err != nil || c.snapshot == nil || len(c.rows) != 0 {
		t.Errorf("%d bytes, %d rows, %v", len(c.snapshot), len(c.rows), err)
	}
	a.write("r", a2)
	a.run()
	w.mustHave("Redis", w.inRedis(a, "r"), a0, a1, a2)
}

// TestRowsDoNotWaitForWork shows that rows are sent although a snapshot of their room, which could
// not be sent before, is to be tried again later, as it waits for them.
func TestRowsDoNotWaitForWork(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.open("r")
	a.write("r", a0)
	if some, err := a.send(t.Context()); !some || err != nil {
		t.Fatalf("sent %v, %v", some, err)
	}
	a.client.setAway(true)
	try := func(although string) {
		t.Helper()
		a.snapshot("r")
		r, work, _ := a.nextJob(w0)
		if r == nil || work != workSnapshot {
			t.Fatalf("the work is %b", work)
		}
		a.do(t.Context(), r, work)
		if r.work != workSnapshot {
			t.Fatalf("the snapshot is sent, although %s", although)
		}
	}
	try("Redis is away")
	a.write("r", a1)
	a.client.setAway(false)
	try("a row that it covers is not")
	if some, err := a.send(t.Context()); !some || err != nil {
		t.Errorf("sent %v, %v", some, err)
	}
	w.mustHave("Redis", w.inRedis(a, "r"), a0, a1)
}

// TestReleaseWithoutRedis shows that a room that is released while Redis is away is offered to its
// next owner when Redis is back.
func TestReleaseWithoutRedis(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	a.run()
	a.client.setAway(true)
	a.write("r", a1)
	if err := a.Store.Release(t.Context(), "r"); !errors.Is(err, errAway) {
		t.Errorf("Release: %v", err)
	}
	w.mustHave("another node", b.open("r").state, a0)
	a.client.setAway(false)
	a.run()
	b.Holder().LateWaits("r")
	b.run()
	w.mustHave("the room", b.docs["r"].state, a0, a1)
	w.mustHave("Redis", w.inRedis(b, "r"), a0, a1)
	if a.find("r") != nil {
		t.Error("the room is not forgotten")
	}
}

// TestOrder shows that the rows that a room has more than one of are sent in their order, and that
// what a batch leaves comes first in the next.
func TestOrder(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	a.open("r")
	var want []typed
	for clock := range byte(30) {
		a.write("r", typed{1, clock})
		want = append(want, typed{1, clock})
	}
	a.run()
	c, err := a.shared(t.Context(), "r")
	disk, failure := a.Store.local(t.Context(), "r")
	if err != nil || failure != nil ||
		!slices.EqualFunc(c.rows, disk.rows, func(a, b []byte) bool { return string(a) == string(b) }) {
		t.Errorf("Redis has %d rows, the disk %d", len(c.rows), len(disk.rows))
	}
	w.mustHave("Redis", w.inRedis(a, "r"), want...)
}
