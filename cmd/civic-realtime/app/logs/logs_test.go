package logs

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestLevels shows which lines are written at the levels of areas, and that they can be changed
// while loggers are in use.
func TestLevels(t *testing.T) {
	var out bytes.Buffer
	l := New(&out, false)
	var levels Levels
	if wants := levels.Parse("warn,engine=debug"); wants != "" {
		t.Fatal(wants)
	}
	l.SetLevels(levels)
	engine, transport, rest := l.Area(Engine), l.Area(Transport).With("k", "v"), l.Area("")
	lines := func() string {
		out.Reset()
		for _, log := range []*slog.Logger{engine, transport, rest} {
			log.Debug("debug")
			log.Warn("warn")
		}
		return out.String()
	}
	if got := lines(); strings.Count(got, "msg=debug") != 1 || strings.Count(got, "msg=warn") != 3 || !strings.Contains(got, "msg=debug area=engine") {
		t.Error(got)
	}
	if err := l.SetLevel(Transport, "debug"); err != nil || strings.Count(lines(), "msg=debug") != 2 {
		t.Error(err, out.String())
	}
	if err := l.SetLevel("default", "debug"); err != nil || strings.Count(lines(), "msg=debug") != 3 || l.Levels()["admin"] != "warn" {
		t.Error(err, l.Levels())
	}
	if err := l.SetLevel("", "error"); err != nil || lines() != "" {
		t.Error(err, out.String())
	}
	if l.SetLevel("engines", "info") == nil || l.SetLevel("", "loud") == nil {
		t.Error("an unknown area or level is accepted")
	}
}

// TestParseLevels shows the forms of log.level, and the errors about others.
func TestParseLevels(t *testing.T) {
	for text, want := range map[string]string{"INFO": "info", "engine=debug": "engine=debug", "info, admin=warn": "admin=warn,default=info"} {
		var l Levels
		if wants := l.Parse(text); wants != "" || l.String() != want {
			t.Errorf("%q: %q, %q", text, wants, l)
		}
	}
	for text, says := range map[string]string{"inof": `did you mean "info"?`, "engin=info": `did you mean "engine"?`, "info,x=y": "an area of engine", "": "one of debug"} {
		var l Levels
		if wants := l.Parse(text); !strings.Contains(wants, says) || l != nil {
			t.Errorf("%q: %q, %q", text, wants, l)
		}
	}
}

// TestRooms shows that with hashes no line has the name of a room or the id of its record, wherever
// it stands, and that a hash depends on name and key only.
func TestRooms(t *testing.T) {
	const room, hash = "record:by-law-7", "room-"
	for _, json := range []bool{false, true} {
		var out bytes.Buffer
		l := New(&out, json)
		log := l.Area(Engine)
		log.Info("shown", slog.String("room", room))
		if !strings.Contains(out.String(), room) {
			t.Error(out.String())
		}
		l.Rooms.Hash([]byte("key"))
		out.Reset()
		log.Warn("record "+room, slog.String("room", room), slog.String("reason", "GET /records/by-law-7?edit=true: by-law-77"), slog.Any("cause", errors.New("record:by-law-7 is gone")))
		log.With(slog.String("room", room)).Info("with", slog.Group("g", slog.String("reason", "in by-law-7.")))
		got := out.String()
		if n := strings.Count(got, l.Rooms.Name(room)); n != 6 || strings.Contains(strings.ReplaceAll(got, "by-law-77", ""), "by-law-7") || !strings.Contains(got, "by-law-77") {
			t.Errorf("%d hashes in %s", n, got)
		}
		l.Rooms.Show()
		out.Reset()
		log.Info("shown", slog.String("room", room))
		if !strings.Contains(out.String(), room) || l.Rooms.Name(room) != room {
			t.Error(out.String())
		}
	}
	var a, b Rooms
	a.Hash([]byte("key"))
	b.Hash([]byte("other"))
	if a.Name(room) == b.Name(room) || a.Name(room) != a.Name(room) || a.Name("r") == a.Name(room) || !strings.HasPrefix(a.Name("r"), hash) || a.Name("") != "" {
		t.Error(a.Name(room), b.Name(room))
	}
}

// TestRoomsByForm shows that names of rooms are hidden where no attribute names the room, and that
// a room has one hash in all forms.
func TestRoomsByForm(t *testing.T) {
	var r Rooms
	r.Hash([]byte("key"))
	hash := r.Name("record:by law")
	for text, want := range map[string]string{
		"GET /api/v1/records/by%20law?edit=true: 503": "GET /api/v1/records/" + hash + "?edit=true: 503",
		"POST /v1/rooms/record:by%20law/lock":         "POST /v1/rooms/" + hash + "/lock",
		"room \"record:by law\": damaged":             "room \"" + hash + "\": damaged",
		"of record:r, too":                            "of " + r.Name("record:r") + ", too",
		"GET /api/v1/auth/me: 503":                    "GET /api/v1/auth/me: 503",
	} {
		if got := r.Redact(text, ""); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	r.Show()
	if text := "of record:r"; r.Redact(text, "") != text {
		t.Error("a name is hidden")
	}
}
