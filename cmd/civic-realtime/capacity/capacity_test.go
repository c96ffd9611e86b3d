package capacity

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

// steps of a machine of which the last one is not carried.
func measured() Result {
	return Result{
		Machine: Machine{Cores: 2, MemoryBytes: 4e9, OpenFiles: 50_000},
		Disk:    Disk{CommitP50: 0.001, CommitP99: 0.03},
		Idle:    Idle{Connections: 2000, BytesEach: 5000, CPUEach: 1e-6},
		Typing: []Typing{
			{People: 100, CPUEach: 1e-4, CPU: 0.01, LatencyP99: 0.1, OK: true},
			{People: 400, CPUEach: 7e-5, CPU: 0.028, LatencyP99: 0.1, OK: true},
			{People: 1600, CPUEach: 1e-3, CPU: 1.6, LatencyP99: 2, Lost: 7},
		},
	}
}

// TestConclude checks the number of people that follows from each limit, and that the smallest
// counts.
func TestConclude(t *testing.T) {
	r := measured()
	if err := r.conclude(); err != nil {
		t.Fatal(err)
	}
	want := Carries{People: 20_000, LimitedBy: "processor",
		Processor: 20_000, Memory: 140_000, OpenFiles: 49_000, Measured: 400}
	if r.Carries != want {
		t.Errorf("%+v, not %+v", r.Carries, want)
	}
	r.Machine.MemoryBytes = 1e8
	if err := r.conclude(); err != nil || r.Carries.LimitedBy != "memory" || r.Carries.People != 3500 {
		t.Errorf("with 100 MB: %+v, %v", r.Carries, err)
	}
	r.Machine.OpenFiles = 1100
	if err := r.conclude(); err != nil || r.Carries.LimitedBy != "open_files" || r.Carries.People != 1000 {
		t.Errorf("with 1,100 files: %+v, %v", r.Carries, err)
	}
	r.Typing = r.Typing[2:]
	if err := r.conclude(); !errors.Is(err, ErrTooBusy) {
		t.Errorf("without a good step: %v", err)
	}
}

// TestPrint checks the words for each limit and for a slow disk.
func TestPrint(t *testing.T) {
	r := measured()
	if err := r.conclude(); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[string]string{
		"processor": "add cores", "memory": "add memory", "open_files": "LimitNOFILE=",
	} {
		r.Carries.LimitedBy = limit
		var b strings.Builder
		if err := r.Print(&b); err != nil {
			t.Fatal(err)
		}
		for _, words := range []string{
			want, "about 20,000 people", "this ends first", "No more than 400 people were tried",
			"The disk is slow", "1,600 people", "too many, 7 did not arrive in time",
		} {
			if !strings.Contains(b.String(), words) {
				t.Errorf("%s: %q is not in\n%s", limit, words, b.String())
			}
		}
	}
}

// TestPrintTooBusy shows that a result from which nothing follows is printed without a promise.
func TestPrintTooBusy(t *testing.T) {
	r := measured()
	r.Typing = r.Typing[2:]
	var b strings.Builder
	if err := r.Print(&b); err != nil || strings.Contains(b.String(), "carries") || !strings.Contains(b.String(), "1,600 people") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// TestRound checks that numbers are rounded down to two digits.
func TestRound(t *testing.T) {
	for n, want := range map[float64]int{0: 0, 7.9: 7, 99.9: 99, 129: 120, 19_900: 19_000, 1e6 - 1: 990_000} {
		if got := round(n); got != want {
			t.Errorf("%v: %d, not %d", n, got, want)
		}
	}
}

// TestNewTyping checks that a step is good only if all edits arrived, and in time.
func TestNewTyping(t *testing.T) {
	report := load.Report{Due: 10, Delivered: 10, Took: time.Second, Latency: load.NewLatencies(), Late: load.NewLatencies()}
	report.Latency.Add(100 * time.Millisecond)
	if got := newTyping(100, 500*time.Millisecond, report); !got.OK || got.CPU != 0.5 || got.CPUEach != 0.005 {
		t.Errorf("a good step: %+v", got)
	}
	report.Latency.Add(time.Second)
	if got := newTyping(100, 0, report); got.OK {
		t.Errorf("a late step: %+v", got)
	}
	report.Latency, report.Delivered = load.NewLatencies(), 9
	if got := newTyping(100, 0, report); got.OK || got.Lost != 1 {
		t.Errorf("a step with a loss: %+v", got)
	}
}

// TestTooShort shows that a time in which nothing can be measured is refused.
func TestTooShort(t *testing.T) {
	if _, err := Measure(t.Context(), Options{For: time.Second}); !errors.Is(err, ErrTooShort) {
		t.Errorf("%v", err)
	}
}
