package operate

import (
	"testing"
	"time"
)

// TestSize shows sizes for people.
func TestSize(t *testing.T) {
	for bytes, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1<<20 - 1: "1.0 MiB", 1 << 20: "1.0 MiB", 5 << 30: "5.0 GiB",
		1<<64 - 1: "16.0 EiB",
	} {
		if got := size(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}

// TestAge shows time spans for people.
func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", time.Minute: "1m 00s", 3*time.Hour + 4*time.Minute + 59*time.Second: "3h 04m",
		50 * time.Hour: "2d 02h",
	} {
		if got := age(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// TestRate shows numbers per second for people.
func TestRate(t *testing.T) {
	for n, want := range map[float64]string{0: "-", 0.001: "-", 0.5: "0.50/s", 9.994: "9.99/s", 10: "10/s", 1234.5: "1234/s"} {
		if got := rate(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}

// TestCount shows numbers with their words.
func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 clients", 1: "1 client", 2: "2 clients"} {
		if got := count(n, "client", "clients"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestSince shows times relative to now.
func TestSince(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	before, after := now.Add(-time.Minute), now.Add(time.Hour)
	for at, want := range map[*time.Time]string{nil: "-", &before: "1m 00s ago", &after: "in 1h 00m"} {
		if got := since(at, now); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}

// TestClean shows that a terminal is sent no commands that are in a name or a reason.
func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"Ann Ü. 李": "Ann Ü. 李", "\x1b[2Jx": "�[2Jx", "a\nb\tc": "a�b�c", "\u202eabc": "�abc", "\u009bm": "�m",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if orDash("") != "-" || orDash("\x07") != "�" {
		t.Error("orDash")
	}
}

// TestTable shows how columns are aligned.
func TestTable(t *testing.T) {
	table := &table{heads: []string{"NAME", ">SIZE", "REMARKS"}}
	table.add("käse", "7", "")
	table.add("a", "12345", "x")
	const want = "NAME   SIZE  REMARKS\nkäse      7\na     12345  x\n"
	if got := table.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
