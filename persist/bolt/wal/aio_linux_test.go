package wal

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// asyncLog returns a log with a row in it that is synced by an aio.
func asyncLog(t testing.TB, cfg Config) (*testLog, *aio) {
	t.Helper()
	cfg.Synced = true
	l := newLog(t, cfg)
	l.add("a")
	if l.sync.aio == nil {
		if _, refused := newAIO(1); refused != nil {
			t.Skipf("this kernel has no asynchronous I/O: %v", refused)
		}
		t.Fatal("synced by an ordinary call")
	}
	return l, l.sync.aio
}

func TestAsynchronousSync(t *testing.T) {
	l, a := asyncLog(t, Config{})
	if a.result.obj == 0 {
		t.Errorf("not used: %+v", a.result)
	}
	l.add("b")
	if l.sync.aio != a {
		t.Error("given up")
	}
	l.wantRead("a", "b")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if refused, _ := a.sync(0); refused == nil {
		t.Error("still there after Close")
	}
}

// TestSyncFails makes the kernel accept the request and fail it. It shows that the sync and Append
// return that error, and that it does not count as a refusal.
func TestSyncFails(t *testing.T) {
	l, a := asyncLog(t, Config{})
	a.request.opcode, a.request.buf, a.request.nbytes = 0, 8, 1 // reads a byte to where nothing is
	err := l.sync.sync(l.file)
	var in *os.SyscallError
	if !errors.Is(err, syscall.EFAULT) || !errors.As(err, &in) || in.Syscall != "fdatasync" {
		t.Errorf("%v, want fdatasync: %v", err, syscall.EFAULT)
	}
	if fits, err := l.Append(l.encode("b")); !fits || !errors.Is(err, syscall.EFAULT) {
		t.Errorf("Append: fits %v, %v", fits, err)
	}
	if l.sync.aio != a {
		t.Error("a sync that fails is no refusal")
	}
}

// TestSyncErrors shows that a file that cannot be synced gives the same error as with the ordinary
// call.
func TestSyncErrors(t *testing.T) {
	closed, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	_ = closed.Close()
	for name, file := range map[string]*os.File{"closed": closed, "a pipe": w} {
		var plain, async syncer
		async.start()
		defer async.close()
		got, want := async.sync(file), plain.sync(file)
		if want == nil || !errors.Is(got, errors.Unwrap(want)) || got.Error() != want.Error() {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestKernelRefuses shows that rows are synced all the same if the kernel refuses, that the kernel
// is not asked again, and that FellBack is called once.
func TestKernelRefuses(t *testing.T) {
	for name, refuse := range map[string]func(*syncer){
		"to begin":       func(s *syncer) { s.close(); a, err := newAIO(0); s.aio = a; s.fallBack(err) },
		"the request":    func(s *syncer) { s.aio.destroy() },
		"to be received": func(s *syncer) { _ = s.aio.eventfd.Close() },
		"the result":     func(s *syncer) { s.aio.finished = func(uintptr) bool { s.aio.destroy(); return true } },
	} {
		t.Run(name, func(t *testing.T) {
			var reasons []error
			l, _ := asyncLog(t, Config{FellBack: func(reason error) { reasons = append(reasons, reason) }})
			refuse(&l.sync)
			l.add("b")
			l.add("c")
			if l.sync.aio != nil {
				t.Error("not given up")
			}
			if len(reasons) != 1 || reasons[0] == nil {
				t.Errorf("reasons: %v", reasons)
			}
			l.wantRead("a", "b", "c")
		})
	}
}

func TestSyncDoesNotAllocate(t *testing.T) {
	l, a := asyncLog(t, Config{})
	b := slices.Clone(l.buf)
	if n := testing.AllocsPerRun(50, func() {
		_, err := l.file.WriteAt(b, 0)
		if err := errors.Join(err, l.sync.sync(l.file)); err != nil {
			t.Error(err)
		}
	}); n > 0 || l.sync.aio != a {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSteady measures the processor time of fifty group commits a second, with and without
// other work to do meanwhile. The work of the kernel's own threads is not counted.
func BenchmarkSteady(b *testing.B) {
	for name, busy := range map[string]int{"idle": 0, "busy": 20_000} {
		for _, plain := range []bool{true, false} {
			b.Run(name+map[bool]string{true: "/blocking", false: "/asynchronous"}[plain],
				func(b *testing.B) {
					l, _ := asyncLog(b, Config{})
					if plain {
						l.sync.close()
					}
					steady(b, l, busy)
				})
		}
	}
}

func steady(b *testing.B, l *testLog, busy int) {
	begin := make(chan bool)
	defer close(begin)
	go func() {
		for range begin {
			for range busy { // 2 ms in all
				IDOf("room")
			}
		}
	}()
	rows := slices.Repeat([]persist.Row{{Room: "records/1", Data: make([]byte, 120)}}, 10)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	b.ReportAllocs()
	before := processorTime()
	for b.Loop() {
		<-tick.C
		begin <- true
		if fits, err := l.Append(l.number(rows)); err != nil {
			b.Fatal(err)
		} else if !fits {
			l.Reset(0)
		}
	}
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "µs-cpu/op")
}

// processorTime returns the user and system time of the process.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
