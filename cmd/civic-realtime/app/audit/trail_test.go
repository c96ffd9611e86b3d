package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// buffer is a log that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *buffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *buffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// world is a trail in a bubble, with its log.
type world struct {
	t *testing.T
	*Trail
	file string
	text buffer
}

func inWorld(t *testing.T, f func(w *world)) {
	file := filepath.Join(t.TempDir(), "audit.log")
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, file: file}
		trail, err := Open(file, "1.2.3", slog.New(slog.NewTextHandler(&w.text, nil)))
		if err != nil {
			t.Fatal(err)
		}
		w.Trail = trail
		f(w)
		if !trail.closed {
			_ = trail.Close()
		}
	})
}

// read returns the lines of a file. Each must be an object of JSON with the kind and the time.
func read(t *testing.T, file string) (lines []Line) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var l Line
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Kind == "" || l.Time.IsZero() {
			t.Errorf("%q: %v", line, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// wantKinds checks the kinds of the lines in a file, each followed by its number of events if it
// has one.
func (w *world) wantKinds(file string, want ...string) {
	w.t.Helper()
	synctest.Wait()
	var got []string
	for _, l := range read(w.t, file) {
		kind := string(l.Kind)
		if l.Times > 0 {
			kind += fmt.Sprint(" ", l.Times)
		}
		got = append(got, kind)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%s: %q, want %q", filepath.Base(file), got, want)
	}
}

func (w *world) metric(name string) string {
	w.t.Helper()
	var b bytes.Buffer
	w.WriteMetrics(&b)
	for line := range strings.Lines(b.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	w.t.Errorf("there is no metric %s", name)
	return ""
}

// TestTrail shows that each line is one object of JSON, in order, that the file is for its owner
// only, and that a second start appends to it.
func TestTrail(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Add(Line{Kind: Lock, By: "user:u1", Room: "record:a", Address: "192.0.2.1"})
		w.Add(Line{Kind: Unlock, By: "admin:token", Room: "record:a\n\"b\""})
		if err := w.Close(); err != nil {
			w.t.Error(err)
		}
		w.wantKinds(w.file, "start", "lock", "unlock", "stop")
		lines := read(w.t, w.file)
		if l := lines[1]; l.By != "user:u1" || l.Room != "record:a" || l.Address != "192.0.2.1" {
			w.t.Errorf("%+v", l)
		}
		if lines[0].Version != "1.2.3" || lines[2].Room != "record:a\n\"b\"" {
			w.t.Errorf("%+v", lines)
		}
		if info, err := os.Stat(w.file); err != nil || info.Mode().Perm() != 0o600 {
			w.t.Errorf("%v, %v", info.Mode(), err)
		}
		again, err := Open(w.file, "1.2.4", w.log)
		if err != nil {
			w.t.Fatal(err)
		}
		_ = again.Close()
		w.wantKinds(w.file, "start", "lock", "unlock", "stop", "start", "stop")
	})
}

// TestReopen shows that lines go to the renamed file until Reopen, and then to a new one; and that
// a file that cannot be opened leaves the present one open, and is logged.
func TestReopen(t *testing.T) {
	inWorld(t, func(w *world) {
		renamed := w.file + ".1"
		if err := os.Rename(w.file, renamed); err != nil {
			w.t.Fatal(err)
		}
		w.Add(Line{Kind: Reload})
		w.wantKinds(renamed, "start", "reload")
		if err := os.Mkdir(w.file, 0o700); err != nil {
			w.t.Fatal(err)
		}
		w.Reopen()
		synctest.Wait()
		w.Add(Line{Kind: Drain})
		w.wantKinds(renamed, "start", "reload", "drain")
		if log := w.text.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "cannot be opened again") {
			w.t.Error(log)
		}
		if err := os.Remove(w.file); err != nil {
			w.t.Fatal(err)
		}
		w.Reopen()
		synctest.Wait()
		w.Add(Line{Kind: Kick})
		w.wantKinds(renamed, "start", "reload", "drain")
		w.wantKinds(w.file, "kick")
	})
}

// TestFlood shows that of the refusals of one address one line is written at once and one a minute,
// with their number; that many addresses share lines; and that nothing runs when the flood is over.
func TestFlood(t *testing.T) {
	inWorld(t, func(w *world) {
		refuse := func(address string, n int) {
			for range n {
				w.Add(Line{Kind: SignInRefused, Address: address, Code: 4401, Room: "record:a"})
				synctest.Wait()
			}
		}
		refuse("192.0.2.1", 1000)
		w.Add(Line{Kind: Lock})
		w.wantKinds(w.file, "start", "sign_in_refused", "lock")
		time.Sleep(sampleInterval)
		w.wantKinds(w.file, "start", "sign_in_refused", "lock", "sign_in_refused 999")
		refuse("192.0.2.1", 3)
		time.Sleep(sampleInterval)
		w.wantKinds(w.file, "start", "sign_in_refused", "lock", "sign_in_refused 999", "sign_in_refused 3")
		time.Sleep(sampleInterval)
		synctest.Wait()
		if w.counting || w.dirty {
			w.t.Error("a timer runs")
		}
		before := len(read(w.t, w.file))
		for i := range 20 * maxSamples {
			refuse(fmt.Sprint("2001:db8::", i), 1)
		}
		time.Sleep(sampleInterval)
		synctest.Wait()
		lines := read(w.t, w.file)[before:]
		last := lines[len(lines)-1]
		if len(lines) != maxSamples+1 || last.Times != 19*maxSamples || last.Address != "" {
			w.t.Errorf("%d lines, the last is %+v", len(lines), last)
		}
		refuse("192.0.2.9", 2)
	})
}

// TestClosedWithCounts shows that sampled events are written when the trail is closed.
func TestClosedWithCounts(t *testing.T) {
	inWorld(t, func(w *world) {
		for range 5 {
			w.Add(Line{Kind: SignInRefused, Address: "192.0.2.1"})
		}
		_ = w.Close()
		w.wantKinds(w.file, "start", "sign_in_refused", "stop", "sign_in_refused 4")
		w.Add(Line{Kind: Lock})
		if got := w.metric("realtime_audit_lines_lost_total"); got != "1" {
			w.t.Errorf("%s lines are lost", got)
		}
	})
}

// TestSampledCalls shows which calls of the admin API are sampled: those that change nothing, and
// those that fail.
func TestSampledCalls(t *testing.T) {
	for _, test := range []struct {
		method string
		status int
		want   bool
	}{{"GET", 200, true}, {"HEAD", 200, true}, {"POST", 204, false}, {"DELETE", 204, false}, {"POST", 401, true}, {"PUT", 500, true}} {
		l := Line{Kind: AdminCall, Method: test.method, Status: test.status}
		if l.sampled() != test.want {
			t.Errorf("%s, %d: %v", test.method, test.status, !test.want)
		}
	}
}

// TestUnwritable shows that a failing file is logged once, that Add never waits for it, and that
// the number of lost lines is written when the file can be written again.
func TestUnwritable(t *testing.T) {
	inWorld(t, func(w *world) {
		synctest.Wait()
		good := w.Trail.file.out
		bad, err := os.Open(w.file) // for reading only
		if err != nil {
			w.t.Fatal(err)
		}
		defer bad.Close()
		w.Trail.file.out = bad
		for range 3 {
			w.Add(Line{Kind: Lock})
			synctest.Wait()
		}
		if n := strings.Count(w.text.String(), "level=ERROR"); n != 1 || w.metric("realtime_audit_failing") != "1" {
			w.t.Errorf("%d errors are logged: %s", n, &w.text)
		}
		w.Trail.file.out = good
		w.Add(Line{Kind: Unlock})
		w.wantKinds(w.file, "start", "unlock", "lost 3")
		if !strings.Contains(w.text.String(), "can be written again") || w.metric("realtime_audit_failing") != "0" {
			w.t.Error(&w.text)
		}
		for name, want := range map[string]string{
			"realtime_audit_lines_total": "3", "realtime_audit_lines_lost_total": "3",
		} {
			if got := w.metric(name); got != want {
				w.t.Errorf("%s %s, want %s", name, got, want)
			}
		}
	})
}

// TestQueue shows that Add never waits: lines that do not fit into the queue are counted, and their
// number is written.
func TestQueue(t *testing.T) {
	inWorld(t, func(w *world) {
		synctest.Wait()
		in, out, err := os.Pipe() // takes 64 KiB, and then nothing
		if err != nil {
			w.t.Fatal(err)
		}
		real := w.Trail.file.out
		w.Trail.file.out = out
		long := strings.Repeat("x", 1000)
		for range 3 * queueLines {
			w.Add(Line{Kind: Lock, Room: long})
		}
		if w.unsaid.Load() == 0 {
			w.t.Error("nothing is lost")
		}
		_ = in.Close() // now writing fails
		for w.metric("realtime_audit_failing") != "1" {
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		_ = out.Close()
		w.Trail.file.out = real
		w.Add(Line{Kind: Unlock})
		synctest.Wait()
		lines := read(w.t, w.file)
		if last := lines[len(lines)-1]; last.Kind != Lost || last.Times == 0 {
			w.t.Errorf("%+v", last)
		}
	})
}

// TestTorn shows that a line goes onto a line of its own in a file that ends within a line.
func TestTorn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(name, []byte(`{"time":"2026-`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Append(name, Line{Kind: Restore, By: "command:restore"}); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := os.ReadFile(name)
	if lines := strings.Split(string(text), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], `{"time":`) || lines[3] != "" {
		t.Errorf("%q", lines)
	}
}

// TestCannotOpen shows that the error of a file that cannot be written names the key and the file.
func TestCannotOpen(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no", "audit.log")
	_, err := Open(missing, "", slog.New(slog.DiscardHandler))
	for _, err := range []error{err, Append(missing, Line{Kind: Repair})} {
		if err == nil || !strings.Contains(err.Error(), "audit.file: "+missing) {
			t.Error(err)
		}
	}
	if err := Append("", Line{Kind: Repair}); err != nil {
		t.Error(err)
	}
	var none *Trail
	none.Add(Line{Kind: Lock})
	none.Lose(1)
	none.Reopen()
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}
