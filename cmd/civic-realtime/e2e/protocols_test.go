package e2e

import (
	"slices"
	"strings"
	"testing"
)

// newClient opens a client with a token of its own.
func (p *tokenRoom) newClient(name string, version any) *client {
	p.t.Helper()
	c := newClient(p.t, name)
	c.native = isNative(version)
	c.openWith(p.s, p.room, args{"version": version, "params": args{"token": p.token(name)}})
	return c
}

// tokenRoom is a room on a server that requires tokens.
type tokenRoom struct {
	t      *testing.T
	s      *server
	secret string
	room   string
}

func newTokenRoom(t *testing.T, room string) *tokenRoom {
	t.Helper()
	s, secret := startWithSecret(t)
	return &tokenRoom{t, s, secret, room}
}

func (p *tokenRoom) token(name string, flags ...string) string {
	p.t.Helper()
	return token(p.t, p.secret, append([]string{"--user", "id-" + name, "--name", name}, flags...)...)
}

// sees waits until the client sees these users and carets. A native client is in its own list,
// without its caret. A y-websocket client sets its own state itself, so only others are compared.
func (c *client) sees(carets ...string) {
	c.t.Helper()
	var want []string
	for _, caret := range carets {
		name, _, _ := strings.Cut(caret, "@")
		switch {
		case name != c.name:
			want = append(want, caret)
		case c.native:
			want = append(want, name)
		}
	}
	slices.Sort(want)
	c.waitFor(soon, args{"carets": want})
}

// TestProtocols shows that clients of all protocols in one room, and one that joins late, converge
// on text, XML and map edits, and see each other join, move and leave.
func TestProtocols(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "charter")
	jane, mia := p.newClient("jane", "json"), p.newClient("mia", "msgpack")
	yan, yve := p.newClient("yan", 2), p.newClient("yve", 3)
	hal, hope := p.newClient("hal", "hocuspocus-3"), p.newClient("hope", "hocuspocus-4")
	all := []*client{jane, mia, yan, yve, hal, hope}
	for _, c := range all {
		c.sees("jane", "mia", "yan", "yve", "hal", "hope")
	}
	late := p.newClient("late", "json")
	late.do("pause", nil, nil)

	seed := newSeed(t)
	editAll(all, 150, seed)
	converge(t, all...)

	// Carets that are sent in each protocol, and shown in each.
	jane.types([]any{0, 0, "0123456789"})
	for _, c := range []*client{mia, yan, yve, hal, hope} {
		c.wait(args{"covers": []claim{jane.report().Claim}})
	}
	for i, c := range all {
		c.do("point", args{"at": i + 2}, nil)
	}
	for _, c := range all {
		c.sees("jane@2", "mia@3", "yan@4", "yve@5", "hal@6", "hope@7", "late")
	}
	mia.do("point", args{"at": 9}, nil)
	yve.do("point", args{"at": 8}, nil)
	for _, c := range all {
		c.sees("jane@2", "mia@9", "yan@4", "yve@8", "hal@6", "hope@7", "late")
	}

	late.do("resume", nil, nil)
	late.sees("jane@2", "mia@9", "yan@4", "yve@8", "hal@6", "hope@7", "late")
	all = append(all, late)
	r := converge(t, all...)
	mustHoldEverything(t, r)

	// Three clients, one of each kind, leave, and return with the text typed meanwhile.
	away := []*client{mia, yan, hope}
	for _, c := range away {
		c.do("disconnect", nil, nil)
	}
	for _, c := range []*client{jane, yve, hal, late} {
		c.sees("jane@2", "yve@8", "hal@6", "late")
	}
	editAll(all, 30, seed+len(all))
	for _, c := range away {
		c.do("reconnect", nil, nil)
	}
	converge(t, append(all, p.newClient("newcomer", "msgpack"))...)
	for _, c := range all {
		if c.native || c == hal || c == hope {
			c.wait(args{"saved": true})
		}
		c.mustBeSound()
	}
	jane.mustBeUndisturbed()
	yve.mustBeUndisturbed()
}
