package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// TestGarbage shows that no message of a client ends the server, reaches another client in a form
// that real Yjs refuses, or disturbs two users who edit in the same room, and that invalid updates
// are logged without their content.
func TestGarbage(t *testing.T) {
	t.Parallel()
	const (
		room   = "garbage"
		marker = "lemon-yellow-secret"
	)
	seed := newSeed(t)
	s := start(t)
	ann, bob, listener, vandal := newClient(t, "ann"), join(t, s, room, "bob", 2), newClient(t, "listener"), newClient(t, "vandal")
	victim := ann.openWith(s, room, args{"version": 3})
	listener.do("listen", args{"url": s.url() + "/" + room}, nil)
	ann.do("presence", args{"state": args{"name": "ann"}}, nil)
	bob.wait(args{"present": []string{"ann"}})

	var names []string
	vandal.do("attacks", nil, &names)
	for i, name := range names {
		edits := []processes.Call{beginEdits(ann, seed+i), beginEdits(bob, seed-i)}
		var outcome struct{ Frames, Code int }
		vandal.do("attack", args{"url": s.url() + "/" + room, "name": name, "seed": seed + i, "marker": marker, "victim": victim}, &outcome)
		for _, edit := range edits {
			edit.End(nil)
		}
		t.Logf("%s: %d frames, closed with %d", name, outcome.Frames, outcome.Code)
		s.mustBeHealthy()
		ann.wait(args{"only": []string{"ann"}})
		bob.wait(args{"only": []string{"ann"}})
	}
	for name, send := range badFrames {
		// The rooms differ, as repeated closes in one would be held back.
		conn := dialRaw(t, s, "/realtime/records/"+url.PathEscape(name))
		conn.Write(send)
		code, reason := conn.closeCode()
		t.Logf("%s: closed with %d %s", name, code, reason)
		s.mustBeHealthy()
	}

	final := converge(t, ann, bob)
	mustReceiveNoGarbage(t, listener, final, marker)
	for _, c := range []*client{ann, bob} {
		mustHaveSeenAnn(c)
		c.mustBeUndisturbed()
	}
	mustLogWithoutText(t, s, room, marker)
}

func beginEdits(c *client, seed int) processes.Call {
	c.t.Helper()
	return c.begin("edit", args{"seed": seed, "count": 5})
}

// mustHaveSeenAnn checks that the client has seen Ann ever since she joined, and nobody else but
// users that an attack may have made up.
func mustHaveSeenAnn(c *client) {
	c.t.Helper()
	sights := c.status().Sights
	came := slices.IndexFunc(sights, func(names []string) bool { return len(names) > 0 })
	for _, names := range sights[max(0, came):] {
		if strings.ReplaceAll(strings.Join(names, ","), ",fake", "") != "ann" {
			c.t.Fatalf("client %s saw %q", c.name, sights)
		}
	}
}

// mustReceiveNoGarbage checks a client that has received every frame of the room.
func mustReceiveNoGarbage(t *testing.T, listener *client, final report, marker string) {
	t.Helper()
	var heard struct {
		Hash    string
		Pending bool
		Leaks   int
		Frames  int
		Faults  []string
	}
	listener.do("listenerReport", args{"marker": marker, "claims": []claim{final.Claim}, "deadline": patience.Milliseconds()}, &heard)
	if heard.Hash != final.Hash || heard.Pending {
		t.Error("the listener ended with another document")
	}
	if heard.Leaks > 0 || len(heard.Faults) > 0 {
		t.Errorf("of %d frames %d carry what was refused, and real Yjs refuses these: %q", heard.Frames, heard.Leaks, heard.Faults)
	}
}

// mustLogWithoutText checks that malformed updates are logged, ten a minute, with their place and
// the reason, and without their content.
func mustLogWithoutText(t *testing.T, s *server, room, marker string) {
	t.Helper()
	explained := func(log string) (n int) {
		for line := range strings.Lines(log) {
			if containsAll(line, "record:"+room, "peer", "offset", "reason") {
				n++
			}
		}
		return n
	}
	if !s.log.Until(patience, func(log string) bool { return explained(log) >= 10 }) {
		t.Errorf("%d log lines about malformed updates have peer, room, offset and reason", explained(s.log.String()))
	}
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, marker) {
			t.Errorf("the log quotes a bad update: %.300s", line)
		}
	}
}

func containsAll(s string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(s, part) {
			return false
		}
	}
	return true
}

// badFrames are bytes that violate RFC 6455. The server must close the connection.
var badFrames = map[string][]byte{
	"reserved bit 1":        frame(fin|0x40|opBinary, "\x00\x00\x01\x00"),
	"reserved bit 2":        frame(fin|0x20|opBinary, "\x00\x00\x01\x00"),
	"reserved bit 3":        frame(fin|0x10|opBinary, "\x00\x00\x01\x00"),
	"unknown data opcode":   frame(fin|0x3, "x"),
	"unknown control frame": frame(fin|0xb, "x"),
	"no mask":               {fin | opBinary, 4, 0, 0, 1, 0},
	"stray continuation":    frame(fin|0x0, "x"),
	"start within message":  append(frame(opBinary, "\x00"), frame(fin|opBinary, "\x00")...),
	"fragmented ping":       frame(0x9, "x"),
	"long ping":             frame(fin|0x9, strings.Repeat("x", 126)),
	"length of 2^63":        {fin | opBinary, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	"length of 2^40":        {fin | opBinary, 0x80 | 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	"text not UTF-8":        frame(fin|0x1, "\xff\xfe"),
	"close code 1":          frame(fin|opClose, "\x00\x01"),
	"close of one byte":     frame(fin|opClose, "\x03"),
}
