package bolt

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asyncStore is a store whose tail is synced by an aio, with a row in it.
func asyncStore(t testing.TB, dir string) (*Store, *aio) {
	t.Helper()
	s := open(t, dir, Config{SyncInterval: never.SyncInterval})
	add(t, s, "r", "a")
	if s.tail.disk.aio == nil {
		if _, refused := newAIO(1); refused != nil {
			t.Skipf("this kernel has no asynchronous I/O: %v", refused)
		}
		t.Fatal("synced by an ordinary call")
	}
	return s, s.tail.disk.aio
}

func TestAsynchronousSync(t *testing.T) {
	dir := t.TempDir()
	s, a := asyncStore(t, dir)
	if a.result.obj == 0 {
		t.Errorf("not used: %+v", a.result)
	}
	add(t, s, "r", "b")
	if s.tail.disk.aio != a {
		t.Error("given up")
	}
	wantRows(t, crash(t, dir, tailName), Config{})
	wantRows(t, crash(t, dir), Config{}, "a", "b")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if refused, _ := a.sync(0); refused == nil {
		t.Error("still there after Close")
	}
}

// TestSyncFails has the kernel accept the request, and fail: the row is not safe in the
// tail, and is committed.
func TestSyncFails(t *testing.T) {
	dir := t.TempDir()
	s, a := asyncStore(t, dir)
	a.request.opcode, a.request.buf, a.request.nbytes = 0, 8, 1 // reads a byte to where nothing is
	err := s.tail.disk.sync(s.tail.file)
	var in *os.SyscallError
	if !errors.Is(err, syscall.EFAULT) || !errors.As(err, &in) || in.Syscall != "fdatasync" {
		t.Errorf("%v, want fdatasync: %v", err, syscall.EFAULT)
	}
	add(t, s, "r", "b")
	wantRows(t, crash(t, dir, tailName), Config{}, "a", "b")
	if s.tail.disk.aio != a {
		t.Error("a sync that fails is no refusal")
	}
}

// TestSyncErrors: what cannot be synced is told as by the ordinary call.
func TestSyncErrors(t *testing.T) {
	closed, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	_ = closed.Close()
	for name, file := range map[string]*os.File{"closed": closed, "a pipe": w} {
		var plain, async disk
		async.start()
		defer async.close()
		got, want := async.sync(file), plain.sync(file)
		if want == nil || !errors.Is(got, errors.Unwrap(want)) || got.Error() != want.Error() {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestKernelRefuses: rows are as safe as ever, nobody asks again, and it is said once.
func TestKernelRefuses(t *testing.T) {
	for name, refuse := range map[string]func(*disk){
		"to begin":    func(d *disk) { d.close(); a, err := newAIO(0); d.aio = a; d.fallBack(err) },
		"the request": func(d *disk) { d.aio.destroy() },
		"to be heard": func(d *disk) { _ = d.aio.eventfd.Close() },
		"the result":  func(d *disk) { d.aio.finished = func(uintptr) bool { d.aio.destroy(); return true } },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, _ := asyncStore(t, dir)
			var said, counted bytes.Buffer
			s.log = slog.New(slog.NewTextHandler(&said, nil))
			refuse(&s.tail.disk)
			add(t, s, "r", "b", "c")
			if s.tail.disk.aio != nil {
				t.Error("not given up")
			}
			if n := strings.Count(said.String(), "level=WARN"); n != 1 || !strings.Contains(said.String(), "refuses asynchronous I/O") {
				t.Errorf("logged %d times: %s", n, &said)
			}
			if s.WriteMetrics(&counted); !strings.Contains(counted.String(), "realtime_journal_sync_fallbacks_total 1\n") {
				t.Errorf("counted: %s", &counted)
			}
			wantRows(t, crash(t, dir, tailName), Config{})
			wantRows(t, crash(t, dir), Config{}, "a", "b", "c")
		})
	}
}

func TestPutAllocates(t *testing.T) {
	s, a := asyncStore(t, t.TempDir())
	s.unwatch() // which allocates, every second of a slow disk's
	b := slices.Clone(s.tail.buf)
	if n := testing.AllocsPerRun(50, func() {
		_, err := s.tail.file.WriteAt(b, 0)
		if err := errors.Join(err, s.tail.disk.sync(s.tail.file)); err != nil {
			t.Error(err)
		}
	}); n > 0 || s.tail.disk.aio != a {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSteady is the time on the processor that fifty group commits a second take of
// it, with and without something else to do when they come. What the kernel does on
// threads of its own is not in it.
func BenchmarkSteady(b *testing.B) {
	for name, busy := range map[string]int{"idle": 0, "busy": 20_000} {
		for _, plain := range []bool{true, false} {
			b.Run(name+map[bool]string{true: "/blocking", false: "/asynchronous"}[plain], func(b *testing.B) {
				s, _ := asyncStore(b, b.TempDir())
				if plain {
					s.tail.disk.close()
				}
				steady(b, s, busy)
			})
		}
	}
}

func steady(b *testing.B, s *Store, busy int) {
	begin := make(chan bool)
	defer close(begin)
	go func() {
		for range begin {
			for range busy { // 2 ms in all
				idOf("room")
			}
		}
	}()
	rooms, rows := batch(10, 120)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	b.ReportAllocs()
	before := processorTime()
	for b.Loop() {
		<-tick.C
		begin <- true
		if _, err := s.Append(b.Context(), rooms, rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "µs-cpu/op")
}

// processorTime is what the process has used, in the system too.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
