package e2e

import (
	"slices"
	"strings"
	"testing"
)

// somebody is a client with a token of its own.
func (p *party) somebody(name string, version any) *client {
	p.t.Helper()
	c := newClient(p.t, name)
	c.native = isNative(version)
	c.openWith(p.s, p.room, args{"version": version, "params": args{"token": p.token(name)}})
	return c
}

// party is a room on a server that asks for tokens.
type party struct {
	t      *testing.T
	s      *server
	secret string
	room   string
}

func newParty(t *testing.T, room string) *party {
	t.Helper()
	s, secret := startWithSecret(t)
	return &party{t, s, secret, room}
}

func (p *party) token(name string, flags ...string) string {
	p.t.Helper()
	return token(p.t, p.secret, append([]string{"--user", "id-" + name, "--name", name}, flags...)...)
}

// sees waits until the client sees these people and carets. A native client is among them itself,
// but is not told of its caret; a y-websocket client says what it likes of itself to itself, so
// what it sees is the others.
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

// TestProtocols has one room with a client of each protocol, and one that reads late: they converge
// on text, XML and map edits, and see each other come, move and go.
func TestProtocols(t *testing.T) {
	t.Parallel()
	p := newParty(t, "charter")
	jane, mia := p.somebody("jane", "json"), p.somebody("mia", "msgpack")
	yan, yve := p.somebody("yan", 2), p.somebody("yve", 3)
	all := []*client{jane, mia, yan, yve}
	for _, c := range all {
		c.sees("jane", "mia", "yan", "yve")
	}
	late := p.somebody("late", "json")
	late.do("pause", nil, nil)

	seed := newSeed(t)
	editAll(all, 150, seed)
	converge(t, all...)

	// Carets, told by their writers in their protocol, drawn by everybody in theirs.
	jane.types([]any{0, 0, "0123456789"})
	for _, c := range []*client{mia, yan, yve} {
		c.wait(args{"covers": []claim{jane.report().Claim}})
	}
	for i, c := range all {
		c.do("point", args{"at": i + 2}, nil)
	}
	for _, c := range all {
		c.sees("jane@2", "mia@3", "yan@4", "yve@5", "late")
	}
	mia.do("point", args{"at": 9}, nil)
	yve.do("point", args{"at": 8}, nil)
	for _, c := range all {
		c.sees("jane@2", "mia@9", "yan@4", "yve@8", "late")
	}

	late.do("resume", nil, nil)
	late.sees("jane@2", "mia@9", "yan@4", "yve@8", "late")
	all = append(all, late)
	r := converge(t, all...)
	mustHoldEverything(t, r)

	// They go, one in a native protocol and one in y-websocket, and come back with what they typed
	// meanwhile.
	mia.do("disconnect", nil, nil)
	yan.do("disconnect", nil, nil)
	for _, c := range []*client{jane, yve, late} {
		c.sees("jane@2", "yve@8", "late")
	}
	editAll(all, 30, seed+len(all))
	mia.do("reconnect", nil, nil)
	yan.do("reconnect", nil, nil)
	converge(t, append(all, p.somebody("newcomer", "msgpack"))...)
	for _, c := range all {
		if c.native {
			c.wait(args{"saved": true})
		}
		c.mustBeSound()
	}
	jane.mustBeUndisturbed()
	yve.mustBeUndisturbed()
}
