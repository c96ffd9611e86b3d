package operate

import (
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

var testNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// mustHave checks the lines of a text, which end with any number of spaces.
func mustHave(t *testing.T, text string, want ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := range max(len(lines), len(want)) {
		if i >= len(lines) || i >= len(want) || lines[i] != want[i] {
			t.Fatalf("%s\nwant\n%s", text, strings.Join(want, "\n"))
		}
	}
}

// TestRoomText shows what is printed of a room in trouble, with a client that is in trouble.
func TestRoomText(t *testing.T) {
	before, after := testNow.Add(-90*time.Second), testNow.Add(5*time.Second)
	mustHave(t, roomText(api.RoomDetail{
		Room: api.Room{Name: "record:a", Kind: "record", State: "live", Locked: true, Peers: 1, DocumentBytes: 2048, HeldBytes: 2048, Version: 7,
			UpdatesPerSecond: 0.5, UnstoredUpdates: 3, UnsavedUpdates: 5, DraftDueAt: &after, Failing: []string{"commit", "draft"}},
		Partial: true, PendingBytes: 100, SnapshotVersion: 2, SnapshotAt: &before, DraftAt: &before, CommitRefused: "disk is full\x1b[2J",
		Versions:    []api.Version{{ID: 1, SavedAt: before}, {ID: 4, SavedAt: testNow}},
		Clients:     []api.Peer{{ID: 5, Connection: 9, User: "u1", Presence: "guest-1", Name: "Ann", Protocol: "json", ReadOnly: true, QueuedBytes: 10, Refused: "read-only"}},
		Connections: []api.Connection{{ID: 9, Address: "10.0.0.1", AgeSeconds: 61, ReceivedBytesPerSecond: 100, SentBytesPerSecond: 3000, Throttled: true}},
	}, testNow),
		"room      record:a",
		"state     live, locked, commit fails, draft fails, 3 updates wait",
		"          the room is busy: what follows is not all",
		"document  2.0 KiB, held in 2.0 KiB, version 7, 0.50/s",
		"waits     3 updates to be durable, 5 for a snapshot, 100 B for missing updates",
		"snapshot  of version 2, 1m 30s ago; next -",
		"draft     1m 30s ago; next in 5s",
		"refused   disk is full�[2J",
		"versions  2 kept, 1 of 2026-01-02T03:02:35Z to 4 of 2026-01-02T03:04:05Z",
		"",
		"USER     NAME  PROTOCOL  CONNECTION  ADDRESS      AGE  RECEIVED       SENT  QUEUE  REMARKS",
		"guest-1  Ann   json               9  10.0.0.1  1m 01s   100 B/s  2.9 KiB/s   10 B  may only view, refused: read-only, throttled")
}

// TestEventText shows events as lines.
func TestEventText(t *testing.T) {
	until := testNow.Add(time.Hour)
	mustHave(t, eventText(api.Event{Time: testNow, Kind: "refused", Room: "record:a", User: "u\n1", Address: "10.0.0.1", Connection: 7, Code: 4401, Reason: `token "x"`})+
		eventText(api.Event{Time: testNow, Kind: "banned", User: "u1", By: "ann", Until: &until, Count: 2}),
		`2026-01-02 03:04:05.000 refused      room=record:a user=u�1 address=10.0.0.1 connection=7 code=4401 reason="token \"x\""`,
		`2026-01-02 03:04:05.000 banned       user=u1 by=ann count=2 until=2026-01-02T04:04:05Z`)
}

// TestReloadedText shows what is printed of a reload.
func TestReloadedText(t *testing.T) {
	mustHave(t, reloadedText(api.Reloaded{}), "changed: nothing")
	mustHave(t, reloadedText(api.Reloaded{Changed: []string{"log.level", "limits.locks"}, Restart: []string{"port"}, Warnings: []string{"x has no effect"}}),
		"changed: log.level, limits.locks", "changes at the next start: port", "warning: x has no effect")
}

// TestRoomNames shows which room an argument stands for.
func TestRoomNames(t *testing.T) {
	for arg, want := range map[Room]string{
		{Room: "by-law-7"}: "record:by-law-7", {Room: "record:by-law-7"}: "record:by-law-7", {Room: "notes", Exact: true}: "notes",
	} {
		if got := arg.roomName(); got != want {
			t.Errorf("%+v: %s, want %s", arg, got, want)
		}
	}
}

// TestLimit shows how many entries are asked for.
func TestLimit(t *testing.T) {
	for _, test := range []struct{ limit, have, want int }{
		{100, 0, 100}, {100, 100, 0}, {2500, 2000, 500}, {2500, 0, 1000}, {0, 12345, 1000},
	} {
		if got := (Limit{test.limit}).next(test.have); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

// TestNodesText shows what is printed about several nodes, and that a single server has no column
// for them.
func TestNodesText(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	text := nodesText(api.NodePage{Nodes: []api.Node{
		{Name: "a1", Address: "10.0.0.1:7000", Version: "1.2.3", StartedAt: now.Add(-time.Hour), Ready: true, Rooms: 7, Leases: 6, Peers: 5, Connections: 4, RedisSeconds: .0004},
		{Name: "b2", Address: "10.0.0.2:7000", StartedAt: now, Ready: true, RoundTripSeconds: .002, ClockAheadSeconds: -1.5, PuttingBack: true},
		{Name: "c3", StartedAt: now, Silent: true},
	}}, now)
	for _, want := range []string{"a1", "10.0.0.1:7000", "0.4 ms", "2.0 ms", "-1.50 s", "puts back what", "does not answer"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := nodesText(api.NodePage{}, now); !strings.Contains(text, "one server only") {
		t.Error(text)
	}
	rooms := []api.Room{{Name: "record:a"}}
	if text := roomsTable(rooms).String(); strings.Contains(text, "NODE") {
		t.Error(text)
	}
	rooms[0].Node = "a1"
	if text := roomsTable(rooms).String(); !strings.Contains(text, "NODE") || !strings.Contains(text, "a1") {
		t.Error(text)
	}
	if text := silent(api.Silence{Partial: true, Silent: []string{"b2", "c3"}}); !strings.Contains(text, "b2, c3") {
		t.Error(text)
	}
}
