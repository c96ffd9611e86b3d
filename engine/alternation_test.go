package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// secondServer is another server for the same records, with a store of its own.
func (w *recordWorld) secondServer() *recordWorld {
	archive := &memArchive{memStore: newMemStore(), expiries: make(map[string]time.Time)}
	o := &recordWorld{&world{t: w.t, store: archive.memStore, out: new(logBuffer)}, w.records, archive, w.cfg}
	o.start()
	return o
}

// TestTwoServers shows that two servers with a room for the same record merge the edits made on
// both.
func TestTwoServers(t *testing.T) {
	inRecordWorld(t, Config{}, "first\n\nsecond\n\nthird", func(w *recordWorld) {
		o := w.secondServer()
		a, b := w.opens("ann"), o.opens("bob")
		ours, theirs := "first", "third"
		for i := range 10 {
			ours += fmt.Sprint(" ", i)
			a.writes(ours + a.shownText()[strings.Index(a.shownText(), "\n\n"):])
			theirs += fmt.Sprint(" ", i)
			b.writes(b.shownText()[:strings.LastIndex(b.shownText(), "\n\n")] + "\n\n" + theirs)
			pass(20 * time.Second)
		}
		pass(3 * time.Minute)
		want := ours + "\n\nsecond\n\n" + theirs
		w.wantText(want, a)
		o.wantText(want, b)
		if got := w.records.records["r"].draft; got != want {
			t.Errorf("the draft is %q", got)
		}
		w.wantVersions(0, "")
		o.wantVersions(0, "")
		for _, s := range []*recordWorld{w, o} {
			if n := strings.Count(s.out.String(), "is there a second server"); n == 0 {
				t.Error("a server has not logged that there is another")
			}
		}
		o.drain()
	})
}

// TestTwoServersOneParagraph shows that of two servers' edits of the same paragraph one is in the
// record, and the other in a version.
func TestTwoServersOneParagraph(t *testing.T) {
	inRecordWorld(t, Config{}, "start", func(w *recordWorld) {
		o := w.secondServer()
		a, b := w.opens("ann"), o.opens("bob")
		a.writes("start, as ann has it")
		b.writes("start, as bob has it")
		pass(5 * time.Minute)
		text := a.shownText()
		o.wantText(text, b)
		if got := w.records.records["r"].draft; got != text {
			t.Errorf("the draft is %q, the document %q", got, text)
		}
		all := text
		for _, v := range append(w.archive.versions, o.archive.versions...) {
			s, err := snapshot.Decode(v.blob, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			all += "\n" + markdownOf(t, s.State)
		}
		if !strings.Contains(all, "as ann has it") || !strings.Contains(all, "as bob has it") {
			t.Errorf("neither the record nor a version has both texts: %q", all)
		}
		o.drain()
	})
}

// TestAlternatingSavesAreNoticed shows that peers get a notice, and the log a warning, when this
// server and another program save a record in turns, and in no other case.
func TestAlternatingSavesAreNoticed(t *testing.T) {
	tests := []struct {
		name string
		turn func(w *recordWorld, a *client, i int) // each takes about a minute
		want int                                    // notices, in twenty turns
	}{
		{"in turns", func(w *recordWorld, a *client, i int) {
			a.writes(fmt.Sprint("ours ", i, a.shownText()[strings.Index(a.shownText(), "\n\n"):]))
			pass(30 * time.Second)
			w.records.changeOutside("r", Edited, a.shownText()+fmt.Sprint(" ", i))
			pass(30 * time.Second)
		}, 2},
		{"by others alone", func(w *recordWorld, a *client, i int) {
			w.records.changeOutside("r", Edited, fmt.Sprint("ours\n\ntheirs ", i))
			pass(time.Minute)
		}, 0},
		{"here alone", func(w *recordWorld, a *client, i int) {
			a.writes(fmt.Sprint("ours ", i, "\n\ntheirs"))
			pass(time.Minute)
		}, 0},
		{"by a form that has our text", func(w *recordWorld, a *client, i int) {
			a.writes(fmt.Sprint("ours ", i, "\n\ntheirs"))
			pass(30 * time.Second)
			w.records.changeOutside("r", Edited, "# Dogs\n\n"+a.shownText())
			pass(30 * time.Second)
		}, 0},
		{"published in turns", func(w *recordWorld, a *client, i int) {
			a.writes(fmt.Sprint("ours ", i, "\n\ntheirs"))
			pass(30 * time.Second)
			w.records.changeOutside("r", Published, a.shownText())
			pass(30 * time.Second)
		}, 0},
		{"once in a quarter of an hour", func(w *recordWorld, a *client, i int) {
			if i%15 == 0 {
				a.writes(fmt.Sprint("ours ", i, a.shownText()[strings.Index(a.shownText(), "\n\n"):]))
				pass(30 * time.Second)
				w.records.changeOutside("r", Edited, a.shownText()+fmt.Sprint(" ", i))
			}
			pass(time.Minute)
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "ours\n\ntheirs", func(w *recordWorld) {
				w.records.setTitle("r", "Dogs")
				a, b := w.opens("ann"), w.joinWatcher("bob")
				for i := range 20 {
					tt.turn(w, a, i)
				}
				notified := 0
				for _, notice := range b.notices() {
					if notice == noticeAlternation {
						notified++
					}
				}
				logged := strings.Count(w.out.String(), "is there a second server")
				if notified != tt.want || logged != tt.want || w.counter("realtime_record_alternations_total") != uint64(tt.want) {
					t.Errorf("%d notices, %d lines logged, %d counted, want %d", notified, logged, w.counter("realtime_record_alternations_total"), tt.want)
				}
			})
		})
	}
}
