package mux

import "testing"

// TestSlowReceiver shows that a sender whose receiver consumes nothing gets Window bytes in, and
// that other streams go on.
func TestSlowReceiver(t *testing.T) {
	w := overTCP(t)
	slow, receiver := w.open(t)
	other, otherEnd := w.open(t)
	r := record(receiver)
	p := make([]byte, 3*Window)
	if n, err := slow.TryWrite(p); n != Window || err != nil {
		t.Errorf("%d bytes are taken, %v", n, err)
	}
	if n, err := slow.TryWrite(p); n != 0 || err != nil || slow.Room() != 0 {
		t.Errorf("%d bytes more are taken, %v, and there is room for %d", n, err, slow.Room())
	}
	for range 20 {
		mustPass(t, other, otherEnd)
		mustPass(t, otherEnd, other)
	}
	r.wait(t, func() bool { return len(r.got) == Window })
	if n := slow.Room(); n != 0 {
		t.Errorf("there is room for %d bytes", n)
	}
}

// TestWritable shows that Writable is called when bytes were consumed, once for each TryWrite that
// took less than all.
func TestWritable(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	s, r := record(here), record(there)
	p := make([]byte, Window+1)
	for i := range 3 {
		if n, err := here.TryWrite(p); n != Window || err != nil {
			t.Fatalf("%d bytes are taken, %v", n, err)
		}
		r.wait(t, func() bool { return len(r.got) == (i+1)*Window })
		there.Consumed(Window)
		s.wait(t, func() bool { return s.writable > i })
		if s.writable != i+1 || here.Room() != Window {
			t.Errorf("%d calls, and there is room for %d bytes", s.writable, here.Room())
		}
	}
	mustTake(t, here, p[:Window])
	r.wait(t, func() bool { return len(r.got) == 4*Window })
	there.Consumed(Window)
	mustTake(t, there, []byte("x")) // comes behind the window frame
	s.wait(t, func() bool { return len(s.got) == 1 })
	if s.writable != 3 {
		t.Error("Writable is called after a TryWrite that took all")
	}
}

// TestWritableBeforeNotify shows that Notify calls Writable if a TryWrite before it took less than
// all, and there is room since.
func TestWritableBeforeNotify(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	if n, err := here.TryWrite(make([]byte, Window+1)); n != Window || err != nil {
		t.Fatalf("%d bytes are taken, %v", n, err)
	}
	r := record(there)
	r.wait(t, func() bool { return len(r.got) == Window })
	there.Consumed(Window)
	mustPass(t, there, here) // comes behind the window frame
	if s := record(here); s.writable != 1 {
		t.Errorf("%d calls", s.writable)
	}
}

// TestWindowSteps shows that window frames are sent for a quarter of Window each, however few bytes
// are consumed at once, and that the sender then goes on.
func TestWindowSteps(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	s, r := record(here), record(there)
	p := make([]byte, Window+1)
	if n, err := here.TryWrite(p); n != Window || err != nil {
		t.Fatalf("%d bytes are taken, %v", n, err)
	}
	for i := range 10 {
		r.wait(t, func() bool { return len(r.got) == Window+i*windowStep })
		for range windowStep - 1 {
			there.Consumed(1)
		}
		mustTake(t, there, []byte("x")) // comes behind a window frame, if there is one
		s.wait(t, func() bool { return len(s.got) == i+1 })
		if n := here.Room(); n != 0 || s.writable != i {
			t.Errorf("there is room for %d bytes", n)
		}
		there.Consumed(1)
		s.wait(t, func() bool { return s.writable == i+1 })
		if n, err := here.TryWrite(p); n != windowStep || err != nil {
			t.Fatalf("%d bytes are taken, %v", n, err)
		}
	}
}

// TestConsumedTooMuch shows that more than has come does not count.
func TestConsumedTooMuch(t *testing.T) {
	w := overTCP(t)
	here, there := w.open(t)
	s, r := record(here), record(there)
	mustTake(t, here, make([]byte, windowStep))
	r.wait(t, func() bool { return len(r.got) == windowStep })
	for _, n := range []int{-1, 0, windowStep + 1, Window} {
		there.Consumed(n)
	}
	mustTake(t, there, []byte("x"))
	s.wait(t, func() bool { return len(s.got) == 1 })
	if here.Room() != Window || w.client.Err() != nil {
		t.Errorf("there is room for %d bytes, %v", here.Room(), w.client.Err())
	}
}

// TestNoWindowAfterEnd shows that no window frames are sent for a direction that has ended.
func TestNoWindowAfterEnd(t *testing.T) {
	raw, _, accepted, _ := rawClient(t)
	raw.send(frame(1, kindOpen, 1, "x"))
	raw.mustCome(t, 1, kindAnswer, "x")
	r := record(await(t, accepted))
	raw.send(data(1, maxPayload), data(1, maxPayload), frame(1, kindEnd, 0, ""))
	r.mustEnd(t, nil)
	r.st.Consumed(2 * maxPayload)
	mustTake(t, r.st, []byte("last"))
	raw.mustCome(t, 1, kindData, "last")
}
