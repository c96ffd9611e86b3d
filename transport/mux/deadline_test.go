package mux

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestDeadlines shows that calls wait until their deadline and no longer, also if it is set while
// they wait, that those that have passed act at once, and that the stream goes on without.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := overPipe(t)
		here, there := w.open(t)
		mustTake(t, here, make([]byte, Window))
		read := func() error { _, err := here.Read(make([]byte, 1)); return err }
		write := func() error { _, err := here.Write([]byte("x")); return err }
		for name, test := range map[string]struct {
			call func() error
			set  func(time.Time) error
		}{
			"read": {read, here.SetReadDeadline}, "read, both": {read, here.SetDeadline},
			"write": {write, here.SetWriteDeadline}, "write, both": {write, here.SetDeadline},
		} {
			t.Log(name)
			start := time.Now()
			mustExpire(t, test.call, test.set, time.Time{}, start.Add(time.Minute), time.Minute)
			mustExpire(t, test.call, test.set, start.Add(3*time.Minute), start.Add(2*time.Minute), time.Minute)
			mustExpire(t, test.call, test.set, start.Add(3*time.Minute), start, 0)
			if err := test.call(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a later call returns %v", err)
			}
			if err := test.set(time.Time{}); err != nil {
				t.Error(err)
			}
		}
		r := record(there)
		r.wait(t, func() bool { return len(r.got) == Window })
		there.Consumed(Window)
		synctest.Wait()
		if err := write(); err != nil {
			t.Error(err)
		}
		mustTake(t, there, []byte("x"))
		if err := read(); err != nil {
			t.Error(err)
		}
	})
}

// mustExpire calls a function with one deadline, sets another one while it waits, and shows that it
// returns after a time.
func mustExpire(t *testing.T, call func() error, set func(time.Time) error, first, then time.Time, after time.Duration) {
	t.Helper()
	start, result := time.Now(), make(chan error, 1)
	if err := set(first); err != nil {
		t.Fatal(err)
	}
	go func() { result <- call() }()
	synctest.Wait()
	if err := set(then); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it returns %v", err)
	}
	if d := time.Since(start); d != after {
		t.Errorf("it returns after %v, want %v", d, after)
	}
}
