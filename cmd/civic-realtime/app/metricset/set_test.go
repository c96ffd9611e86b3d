package metricset

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
)

// text is a Part that writes itself.
type text string

// WriteMetrics implements Part.
func (t text) WriteMetrics(w io.Writer) { _, _ = io.WriteString(w, string(t)) }

func mustNew(t *testing.T, texts ...string) *Set {
	t.Helper()
	s, err := New(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSetMergesParts shows that metrics of several parts are sorted, that each has its type and
// meaning once, and that a deprecated name has the values of the current one.
func TestSetMergesParts(t *testing.T) {
	s := mustNew(t, `
rooms gauge Rooms.
old_rooms deprecated rooms
`, `
a_total counter Letters.
old_a_count deprecated a_total
wait_seconds histogram Waits.
`)
	s.Add(text("rooms 1\na_total{l=\"b c\"} 2\n"), text("wait_seconds_bucket{le=\"1\"} 0\nwait_seconds_bucket{le=\"+Inf\"} 1\n"+
		"wait_seconds_sum 2\nwait_seconds_count 1\n# a comment\na_total{l=\"a\"} 3\nunknown_count 4\n"))
	var out strings.Builder
	s.WriteMetrics(&out)
	const want = `# HELP a_total Letters.
# TYPE a_total counter
a_total{l="b c"} 2
a_total{l="a"} 3
# HELP old_a_count Deprecated: use a_total.
# TYPE old_a_count untyped
old_a_count{l="b c"} 2
old_a_count{l="a"} 3
# HELP old_rooms Deprecated: use rooms.
# TYPE old_rooms gauge
old_rooms 1
# HELP rooms Rooms.
# TYPE rooms gauge
rooms 1
unknown_count 4
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1"} 0
wait_seconds_bucket{le="+Inf"} 1
wait_seconds_sum 2
wait_seconds_count 1
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

// TestPartsAreAddedLater shows that parts may be added while metrics are written.
func TestPartsAreAddedLater(t *testing.T) {
	s := mustNew(t, "rooms gauge Rooms.")
	var running sync.WaitGroup
	const parts = 20
	for range parts {
		running.Go(func() { s.Add(text("rooms 1\n")) })
		running.Go(func() { s.WriteMetrics(io.Discard) })
	}
	running.Wait()
	var out strings.Builder
	if s.WriteMetrics(&out); strings.Count(out.String(), "rooms 1\n") != parts {
		t.Error(out.String())
	}
}

// TestPublicMetrics shows that versions are left out for strangers, and nothing else is.
func TestPublicMetrics(t *testing.T) {
	s := mustNew(t, "build_info gauge The version.\nrooms gauge Rooms.")
	s.Add(text("build_info{version=\"1\"} 1\nrooms 2\n"))
	var public, all strings.Builder
	s.WritePublic(&public)
	s.WriteMetrics(&all)
	if public.String() != "# HELP rooms Rooms.\n# TYPE rooms gauge\nrooms 2\n" {
		t.Error(public.String())
	}
	if !strings.HasSuffix(all.String(), public.String()) || !strings.Contains(all.String(), `build_info{version="1"} 1`) {
		t.Error(all.String())
	}
}

// TestWrongDescriptions shows which descriptions are refused.
func TestWrongDescriptions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a counter", "no meaning"},
		{"a counter with a \\ in it", "backslash"},
		{"a number A number.", "no type"},
		{"a", "no type"},
		{"a gauge One.\na gauge Two.", "twice"},
		{"a deprecated b", "not described"},
		{"a deprecated", "no type"},
	} {
		if _, err := New(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.text, err, test.want)
		}
	}
}

// TestProcess shows that every metric of the process has a type and a meaning.
func TestProcess(t *testing.T) {
	s := mustNew(t, ProcessHelp)
	s.Add(Process{})
	var out strings.Builder
	s.WriteMetrics(&out)
	described := make(map[string]bool)
	for line := range strings.Lines(out.String()) {
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, _, _ := strings.Cut(help, " ")
			described[name] = true
		}
	}
	for line := range strings.Lines(out.String()) {
		if name := s.metricOf([]byte(line)); line[0] != '#' && !described[name] {
			t.Errorf("not described: %s", line)
		}
	}
	if !described["process_resident_memory_bytes"] || !described["go_cpus"] {
		t.Error(out.String())
	}
}

// TestOpenFiles shows that open files are counted, and the limit on them is known.
func TestOpenFiles(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		return // only Linux has them
	}
	open := func() (n, limit int) {
		var out strings.Builder
		writeFiles(&out)
		if _, err := fmt.Sscanf(out.String(), "process_max_fds %d\nprocess_open_fds %d\n", &limit, &n); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
		return n, limit
	}
	before, limit := open()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if after, _ := open(); after != before+1 || before < 3 || limit < before {
		t.Errorf("%d, and then %d of %d files", before, after, limit)
	}
}

// BenchmarkWriteMetrics measures one answer with the metrics of the process.
func BenchmarkWriteMetrics(b *testing.B) {
	s, err := New(ProcessHelp)
	if err != nil {
		b.Fatal(err)
	}
	s.Add(Process{})
	for b.Loop() {
		s.WriteMetrics(io.Discard)
	}
}
