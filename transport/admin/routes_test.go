package admin

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// TestSteering shows what the engine is asked to do, on whose behalf, and that it is logged.
func TestSteering(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		method, path, body string
		answer, call       string
	}{
		{"POST", "/v1/rooms/record:a/lock", "", `{"room":"record:a","locked":true}`, "lock record:a ann"},
		{"POST", "/v1/rooms/record:a/unlock", "", `{"room":"record:a","locked":false}`, "unlock record:a ann"},
		{"POST", "/v1/rooms/notes%2Fc/lock", "", `{"room":"notes/c","locked":true}`, "lock notes/c ann"},
		{"POST", "/v1/rooms/record:budget%202026/kick", `{"user":"u1"}`, `{"connections":2}`, "kick record:budget 2026 u1 ann"},
		{"POST", "/v1/rooms/record:a/notice", `{"text":"soon"}`, `{"peers":3}`, "notice record:a info soon ann"},
		{"POST", "/v1/rooms/record:a/snapshot", "", `{"room":"record:a","version":7}`, "snapshot record:a ann"},
		{"POST", "/v1/rooms/record:a/refresh", "", `{"room":"record:a","refreshed":true}`, "refresh record:a"},
		{"POST", "/v1/rooms/record:a/evict", "", `{"room":"record:a","evicted":true}`, "evict record:a ann"},
		{"PUT", "/v1/log-level", `{"level":"error"}`, `{"areas":{"auth":"warn","default":"info"}}`, "level  error"},
		{"PUT", "/v1/log-level", `{"level":"warn","areas":{"auth":"debug"}}`, `"areas"`, "level auth debug"},
		{"POST", "/v1/notice", `{"text":"now","level":"warning"}`, `{"peers":4}`, "notice warning now ann"},
		{"DELETE", "/v1/connections/1?reason=bye", "", `{"connections":1}`, "disconnect bye ann"},
		{"POST", "/v1/users/u%2F1/disconnect", "", `{"connections":2}`, "disconnect u/1  ann -"},
		{"POST", "/v1/users/u1/disconnect", `{"for_seconds":0.5,"reason":"spam"}`, `{"connections":2}`, "disconnect u1 spam ann banned"},
		{"POST", "/v1/users/u1/disconnect", `{"until":"2026-12-31T00:00:00Z"}`, `{"connections":2}`, "disconnect u1  ann banned"},
		{"DELETE", "/v1/bans/u1", "", `{"user":"u1"}`, "unban u1 ann"},
	} {
		w.must(200, test.answer, test.method, test.path, test.body, NameHeader, "ann")
		w.mustCall(test.call)
	}
	for _, name := range []string{"", strings.Repeat("a", maxName+1), "a\tb"} {
		w.must(200, "", "POST", "/v1/rooms/record:a/lock", "", NameHeader, name)
		w.mustCall("lock record:a admin")
	}
	w.must(202, "true", "POST", "/v1/drain", "")
	<-w.drained
	for _, line := range []string{"action=lock", "action=drain", "by=ann", "room=notes/c", "user=u1"} {
		if w.log.lines(line) == 0 {
			t.Errorf("the log has no %s: %s", line, w.log)
		}
	}
	if n := w.log.lines("until="); n != 2 {
		t.Errorf("%d lines say until when a user is kept out: %s", n, w.log)
	}
	if w.log.lines("soon") > 0 {
		t.Errorf("the log has a notice: %s", w.log)
	}
}

// TestBanTimes shows for how long a user can be kept out.
func TestBanTimes(t *testing.T) {
	w := newWorld(t, nil)
	for body, field := range map[string]string{
		`{"for_seconds":-1}`:                                       "/for_seconds",
		`{"for_seconds":1e300}`:                                    "/for_seconds",
		`{"for_seconds":"1h"}`:                                     "/for_seconds",
		`{"until":"2926-01-01T00:00:00Z"}`:                         "/until",
		`{"for_seconds":1,"until":"2026-12-31T00:00:00Z"}`:         "/until",
		`{"for_seconds":1,"reason":"two\nlines"}`:                  "/reason",
		`{"reason":"` + strings.Repeat("a", maxName+1) + `"}`:      "/reason",
		`{"for_seconds":1,"reason":"spam","untill":"2026-12-31T"}`: "/untill",
	} {
		w.must(422, fmt.Sprintf(`"field":%q`, field), "POST", "/v1/users/u1/disconnect", body)
	}
	w.must(400, "cannot be read", "POST", "/v1/users/u1/disconnect", `{"until":"tomorrow"}`)
}

// names returns the names of the rooms on a page, and the query of the next.
func (w *world) names(query string) (names []string, p api.RoomPage) {
	w.t.Helper()
	status, text := w.send("GET", "/v1/rooms?"+query, "")
	if err := json.Unmarshal([]byte(text), &p); err != nil || status != 200 {
		w.t.Fatalf("%d %s, %v", status, text, err)
	}
	for _, r := range p.Rooms {
		names = append(names, r.Name)
	}
	return names, p
}

// TestRooms shows how rooms are sorted, selected, and divided into pages.
func TestRooms(t *testing.T) {
	w := newWorld(t, nil)
	for query, want := range map[string]string{
		"":                               "notes/c record:a record:b",
		"sort=bytes":                     "record:b record:a notes/c",
		"sort=peers":                     "notes/c record:a record:b",
		"sort=rate":                      "record:b record:a notes/c",
		"prefix=record:":                 "record:a record:b",
		"kind=document":                  "notes/c",
		"search=ES/":                     "notes/c",
		"search=record:":                 "record:a record:b",
		"search=d:&prefix=record:b":      "record:b",
		"search=none":                    "",
		"kind=record&prefix=n":           "",
		"limit=2":                        "notes/c record:a",
		"limit=2&offset=2":               "record:b",
		"offset=3":                       "",
		"sort=bytes&limit=1&kind=record": "record:b",
	} {
		if names, _ := w.names(query); strings.Join(names, " ") != want {
			t.Errorf("%s: %q, want %s", query, names, want)
		}
	}
	if _, p := w.names("limit=2"); p.Total != 3 || p.NextOffset != 2 {
		t.Errorf("%+v", p)
	}
	if _, p := w.names("limit=3"); p.Total != 3 || p.NextOffset != 0 {
		t.Errorf("%+v", p)
	}
}

// TestSearch shows that names are searched without regard to case, also beyond ASCII, and how long
// the text may be.
func TestSearch(t *testing.T) {
	w := newWorld(t, nil)
	w.engine.rooms = nil
	longest := "record:" + strings.Repeat("a", roomkey.MaxID)
	for _, name := range []string{longest, "École 3", "record:by-law-7", "ZONAGE/école", "<b>&\"x"} {
		w.engine.rooms = append(w.engine.rooms, engine.RoomInfo{Key: roomkey.MustParse(name)})
	}
	for search, want := range map[string]string{
		"école": "ZONAGE/école École 3", "ÉCOLE": "ZONAGE/école École 3", "zonage": "ZONAGE/école", "LAW": "record:by-law-7",
		"<B>": `<b>&"x`, `&"`: `<b>&"x`, "": `<b>&"x ZONAGE/école ` + longest + ` record:by-law-7 École 3`, longest: longest,
		strings.Repeat("Ⱥ", 87): "", // has more bytes in lower case
	} {
		if names, p := w.names("search=" + url.QueryEscape(search)); strings.Join(names, " ") != want || p.Total != len(names) {
			t.Errorf("%q: %q of %d, want %s", search, names, p.Total, want)
		}
	}
	w.must(422, `"field":"search"`, "GET", "/v1/rooms?search="+strings.Repeat("a", len(longest)+1), "")
}

// TestPageIsCheap shows that a page of many rooms is found with little more than a comparison for
// each room, is not copied from a list of all of them, and is the same as if all were sorted.
func TestPageIsCheap(t *testing.T) {
	w := newWorld(t, nil)
	w.engine.rooms = make([]engine.RoomInfo, 10_000)
	for i := range w.engine.rooms {
		key := roomkey.MustParse(fmt.Sprint("record:by-law-", i*7919%10_000))
		w.engine.rooms[i] = engine.RoomInfo{Key: key, Peers: i * 31 % 5000, DocumentBytes: i * 104_729 % 9973}
	}
	comparisons := 0
	for _, order := range []string{"peers", "bytes", "name"} {
		comparisons = 0
		counting := func(a, b rank) int {
			comparisons++
			return orders[order](a, b)
		}
		pick := roomPicker{most: 150, compare: counting}
		w.engine.EachRoom(pick.add)
		got := pick.sorted()
		if pick.total != 10_000 || len(got) != 150 || cap(got) > 400 || comparisons > 25_000 {
			t.Errorf("%s: %d of %d rooms, room for %d, %d comparisons", order, len(got), pick.total, cap(got), comparisons)
		}
		all := roomPicker{most: 20_000, compare: orders[order]}
		w.engine.EachRoom(all.add)
		if !slices.EqualFunc(got, all.sorted()[:150], func(a, b *engine.RoomInfo) bool { return *a == *b }) {
			t.Errorf("%s: other rooms than the first ones", order)
		}
	}
}

// TestAllPages shows that the pages of many rooms have each of them once.
func TestAllPages(t *testing.T) {
	w := newWorld(t, nil)
	w.engine.rooms = make([]engine.RoomInfo, 2345)
	for i := range w.engine.rooms {
		w.engine.rooms[i] = engine.RoomInfo{Key: roomkey.MustParse(fmt.Sprint("record:", i)), Peers: i % 3}
	}
	seen := map[string]bool{}
	for offset := 0; ; {
		names, p := w.names(fmt.Sprint("sort=peers&limit=1000&offset=", offset))
		for _, name := range names {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		if offset = p.NextOffset; offset == 0 {
			break
		}
	}
	if len(seen) != len(w.engine.rooms) {
		t.Errorf("%d rooms", len(seen))
	}
}

// TestConnectionQueries shows which connections are asked for.
func TestConnectionQueries(t *testing.T) {
	w := newWorld(t, nil)
	for query, call := range map[string]string{
		"":                           `connections   ""`,
		"room=record:a&user=u1":      `connections record:a u1 ""`,
		"address=10.0.0.1":           `connections   "10.0.0.1/32"`,
		"address=2001:db8::1/64":     `connections   "2001:db8::/64"`,
		"after=7&limit=1&room=notes": `connections notes  ""`,
	} {
		w.must(200, `"connections":[{"id":`, "GET", "/v1/connections?"+query, "")
		w.mustCall(call)
	}
	w.must(200, `"next_after":8`, "GET", "/v1/connections?after=7&limit=1", "")
}

// TestProfiles shows that profiles are served only if that is configured.
func TestProfiles(t *testing.T) {
	w := newWorld(t, nil)
	resp := w.do("GET", "/v1/profile/heap", "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Disposition") != `attachment; filename="heap.pprof"` {
		t.Errorf("%s, %v", resp.Status, resp.Header)
	}
	w.must(404, "cpu, goroutine, heap", "GET", "/v1/profile/hepa", "")
	off := newWorld(t, func(c *Config) { c.Profile = false })
	off.must(404, "not-found", "GET", "/v1/profile/heap", "")
}

// TestRequestCounts shows that answers are counted by the class of their status.
func TestRequestCounts(t *testing.T) {
	w := newWorld(t, nil)
	w.mustCount(`realtime_admin_requests_total{status="5xx"}`, "0")
	w.must(200, "", "GET", "/v1/status", "")
	w.must(200, "", "HEAD", "/v1/status", "")
	w.must(404, "", "GET", "/nowhere", "")
	w.must(401, "", "GET", "/metrics", "", "Authorization", "")
	w.engine.fails = errDisk
	w.must(503, "", "GET", "/readyz", "")
	w.must(500, "the log has the reason", "GET", "/v1/rooms/record:a", "")
	if w.log.lines("disk is full") != 1 {
		t.Errorf("the log: %s", w.log)
	}
	for class, want := range map[string]string{"2xx": "2", "4xx": "2", "5xx": "2"} {
		w.mustCount(`realtime_admin_requests_total{status="`+class+`"}`, want)
	}
}

// TestStatus shows the sums over all rooms.
func TestStatus(t *testing.T) {
	w := newWorld(t, nil)
	status, text := w.send("GET", "/v1/status", "")
	var s api.Status
	if err := json.Unmarshal([]byte(text), &s); err != nil || status != 200 {
		t.Fatalf("%d %s: %v", status, text, err)
	}
	if s.Rooms != 3 || s.OccupiedRooms != 2 || s.LockedRooms != 2 || s.FailingRooms != 1 || s.Peers != 7 || s.DocumentBytes != 1300 ||
		s.UnstoredUpdates != 1 || s.UpdatesPerSecond != 3.5 || !s.Ready || s.PID == 0 || s.Goroutines == 0 || s.HeapBytes == 0 {
		t.Errorf("%+v", s)
	}
	w.engine.fails = errDisk
	w.must(200, `"ready":false,"reason":"disk is full"`, "GET", "/v1/status", "")
}

// TestRoomSaysSinceWhen shows that a room has by whom and when it was locked, and each client when
// it joined; and that of a room that is not locked there is no lock.
func TestRoomSaysSinceWhen(t *testing.T) {
	w := newWorld(t, nil)
	d := read[api.RoomDetail](w, "/v1/rooms/record:a")
	if d.LockedBy != "ann" || d.LockedAt == nil || !d.LockedAt.Equal(now) || d.Clients[0].JoinedAt == nil || !d.Clients[0].JoinedAt.Equal(now) {
		t.Errorf("%+v", d)
	}
	w.engine.detail.Locked = false
	if d := read[api.RoomDetail](w, "/v1/rooms/record:a"); d.LockedBy != "" || d.LockedAt != nil {
		t.Errorf("%+v", d)
	}
}
