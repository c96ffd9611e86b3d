package console

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// connectMany connects a client to each of n rooms of a server, whose names have a common
// beginning.
func connectMany(t *testing.T, s *server, n int) *load.Fleet {
	t.Helper()
	dialect := load.Ours(protocol.YWebsocket{})
	path, token := dialect.Path, s.userToken("reader")
	dialect.Path = func(room string) string { return path(room) + "?token=" + token }
	f, err := load.Connect(t.Context(), load.Target{Addr: s.addr, Dialect: dialect}, load.Shape{Rooms: n, Clients: 1}, load.Stream{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// manyRooms is how many rooms a list has in the tests of paging, and atOnce how many connections
// are open at a time while they are made.
const (
	manyRooms = 10_000
	atOnce    = 1000
)

// TestManyRooms shows that the list of ten thousand rooms is searched, sorted and paged by the
// server: the page never asks for more than a page, nor has more rows.
func TestManyRooms(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	for range manyRooms / atOnce {
		connectMany(t, s, atOnce).Close()
	}
	joined(t, s, "ann", "charter", 3)
	p := signedIn(t, s, nil)
	p.opens("Rooms")
	rows := place{"css": "tbody tr"}
	firstRoom := func(text string) { p.sees(place{"css": "tbody tr:first-child:has-text('" + text + "')"}) }
	p.sees(partly(byText("of 10,001")))
	firstRoom("charter")
	p.clicks(button("Next"))
	p.sees(partly(byText("51–100 of 10,001")))
	p.clicks(button("Previous"))
	p.sees(partly(byText("1–50 of 10,001")))
	p.clicks(button("Room"))
	firstRoom("charter")
	p.fills(byRole("searchbox", "Search rooms"), "CHART")
	p.sees(partly(byText("1–1 of 1")))
	p.fills(byRole("searchbox", "Search rooms"), "-999")
	p.sees(partly(byText("1–10 of 10")))
	p.fills(byRole("searchbox", "Search rooms"), "no such room")
	p.sees(byText("No rooms"))
	p.fills(byRole("searchbox", "Search rooms"), "")
	p.sees(partly(byText("1–50 of 10,001")))
	if n := p.countOf(rows); n > 100 {
		t.Errorf("%d rows", n)
	}
	asked := 0
	for _, r := range p.requests() {
		_, address, _ := strings.Cut(r, " ")
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if u.Path != "/v1/rooms" {
			continue
		}
		asked++
		if limit := u.Query().Get("limit"); limit != "50" && limit != "100" {
			t.Errorf("the page has asked for %s", r)
		}
	}
	if asked < 6 {
		t.Errorf("%d requests are too few", asked)
	}
	var bytes int
	p.do("bytes", nil, &bytes)
	if most := asked * 40_000; bytes > most+400_000 {
		t.Errorf("%d bytes were loaded, of %d pages", bytes, asked)
	}
}

// TestEvents shows events as they come, refusals among them, and that the page can be paused, and
// shows only the kinds that were selected.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := signedIn(t, s, nil)
	p.opens("Events")
	p.sees(byText("Live"))
	ann := joined(t, s, "ann", "charter", 3)
	p.sees(partly(byText("charter")))
	p.sees(partly(byText("ann")))
	s.ask("POST", roomPath("charter")+"/lock", "", nil)
	p.sees(byText("locked"))
	stranger := newClient(t, "stranger")
	stranger.do("open", args{"url": s.url(), "room": "charter", "version": 3, "params": args{"token": "wrong"}}, nil)
	stranger.wait(args{"closes": 1})
	p.sees(byText("refused"))
	p.clicks(button("Pause"))
	ann.do("leave", nil, nil)
	p.sees(partly(byText("waiting")))
	if n := p.countOf(byText("left")); n > 0 {
		t.Error("the list went on while it was paused")
	}
	p.clicks(button("Pause"))
	p.sees(byText("left"))
}

// Bounds of a page that is open for long.
const (
	sampleBytes = 2000       // of a sample and its part of all other answers
	heapBytes   = 16_000_000 // of JavaScript
	mostNodes   = 20_000
)

// TestOpenConsole shows that an open overview costs the samples and few requests beside them, and
// that no page keeps what it has shown: after a thousand rooms and ten thousand events it is as
// large as before.
func TestOpenConsole(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := signedIn(t, s, nil)
	p.sees(byText("Live"))
	p.settles()
	from := p.samples()
	p.requests()
	p.do("bytes", nil, nil)
	const more = 8
	until(t, "samples come", func() bool { return p.samples() >= from+more })
	var bytes int
	p.do("bytes", nil, &bytes)
	if requests := p.requests(); len(requests) > more/2 || bytes > more*sampleBytes {
		t.Errorf("%d samples took %d bytes, and the requests %s", more, bytes, requests)
	}
	p.opens("Events")
	p.sees(byText("Live"))
	for range 5 {
		connectMany(t, s, atOnce).Close()
	}
	until(t, "events come", func() bool { return p.messages("joined")+p.messages("left") >= 5*atOnce })
	p.mustBeSmall("events")
	p.opens("Rooms")
	for range 20 {
		p.clicks(button("Next"))
		p.settles()
	}
	p.mustBeSmall("rooms")
	p.opens("Overview")
	p.sees(byText("Live"))
	p.mustBeSmall("overview")
}

// messages returns how many messages of a name the page's streams have had.
func (p *page) messages(name string) int {
	p.t.Helper()
	var all map[string]int
	p.do("messages", nil, &all)
	return all[name]
}

func (p *page) samples() int { p.t.Helper(); return p.messages("sample") }

// mustBeSmall checks what a page holds.
func (p *page) mustBeSmall(what string) {
	p.t.Helper()
	var m struct{ Heap, Nodes, Documents, Listeners float64 }
	p.do("memory", nil, &m)
	p.t.Log(what, fmt.Sprintf("%+v", m))
	if m.Heap > heapBytes || m.Nodes > mostNodes {
		p.t.Errorf("%s: the page holds %+v", what, m)
	}
}
