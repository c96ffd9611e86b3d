package operate

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

func testView() view {
	return view{
		now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), sort: "rate",
		status: api.Status{Build: api.Build{Version: "1.2.3"}, UptimeSeconds: 3700, Ready: true, Rooms: 3, OccupiedRooms: 2, Peers: 7, DocumentBytes: 1 << 20,
			HeldBytes: 1 << 19, MemoryBytes: 80 << 20, UpdatesPerSecond: 12.4, UnstoredUpdates: 1, LockedRooms: 1},
		rooms: []api.Room{
			{Name: "record:by-law-7", State: "live", Peers: 5, DocumentBytes: 12345, UpdatesPerSecond: 9.5, Locked: true},
			{Name: "record:" + strings.Repeat("long", 30), State: "live", Peers: 2, DocumentBytes: 1 << 20, UpdatesPerSecond: 3, Failing: []string{"draft", "snapshot"}},
			{Name: "record:\x1b[2J", State: "compressed", DocumentBytes: 7},
		},
	}
}

// TestFrame shows the screen of 80 columns and 24 rows.
func TestFrame(t *testing.T) {
	lines := frame(testView(), 80, 24)
	want := []string{
		"civic-realtime 1.2.3, up 1h 01m, ready",
		"people 7   rooms 3, 2 with people, 1 locked, 0 failing",
		"updates 12/s, 1 waiting   documents 1.0 MiB in 512.0 KiB   memory 80.0 MiB",
		"",
		"\x1b[7mROOM                      STATE      CLIENTS       SIZE  UPDATES  REMARKS       \x1b[0m",
		"record:by-law-7           live             5   12.1 KiB   9.50/s  locked",
		"record:longlonglonglongl… live             2    1.0 MiB   3.00/s  draft fails, …",
		"record:�[2J               compressed       0        7 B        -",
	}
	for i, line := range lines {
		expected := ""
		switch {
		case i < len(want):
			expected = want[i]
		case i == 23:
			expected = "q quit   sorted by updates: n name, s size, p people, u updates   03:04:05 UTC"
		}
		if strings.TrimRight(line, " ") != strings.TrimRight(expected, " ") {
			t.Errorf("line %d: %q, want %q", i, line, expected)
		}
	}
	if len(lines) != 24 {
		t.Errorf("%d lines", len(lines))
	}
}

// TestFrameFits shows that a screen of any size has as many lines as it has rows, and no line that
// is longer than it has columns.
func TestFrameFits(t *testing.T) {
	v := testView()
	v.status.Ready, v.status.Reason = false, strings.Repeat("the disk is full ", 20)
	for _, v.fault = range []string{"", "no server answers at http://127.0.0.1:3002: connection refused"} {
		for columns := minColumns; columns < 200; columns++ {
			for rows := range 30 {
				lines := frame(v, columns, rows)
				if len(lines) != max(1, rows) {
					t.Fatalf("%d × %d: %d lines", columns, rows, len(lines))
				}
				for _, line := range lines {
					line = strings.NewReplacer(reverse, "", plain, "").Replace(line)
					if n := utf8.RuneCountInString(line); n > columns {
						t.Fatalf("%d × %d: %d columns: %q", columns, rows, n, line)
					}
				}
			}
		}
	}
}

// TestFrameFault shows that the reason for old values is on the screen, which does not say that the
// server is ready.
func TestFrameFault(t *testing.T) {
	v := testView()
	v.fault = "no server answers"
	lines := frame(v, 80, 24)
	if strings.Contains(lines[0], "ready") || !strings.Contains(lines[0], "last values") {
		t.Errorf("%q", lines[0])
	}
	if lines[23] != v.fault || !strings.Contains(lines[5], "by-law-7") {
		t.Errorf("%q", lines)
	}
}
