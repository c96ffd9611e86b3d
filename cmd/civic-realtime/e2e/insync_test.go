package e2e

import (
	"fmt"
	"testing"
)

// TestInSyncAfterReconnect shows that the provider of y-websocket 4, after it writes, deletes
// deleted content, and reconnects, each time receives all that it wrote, and so counts as in sync.
func TestInSyncAfterReconnect(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "green")
	ann, bob := p.newClient("ann", 4), p.newClient("bob", 3)
	green := func(what string) {
		t.Helper()
		t.Log(what)
		ann.wait(args{"green": true})
	}
	green("at first")
	for i := range 5 {
		ann.writes(fmt.Sprintf("[%d]", i))
		green("an edit")
	}
	ann.do("flash", args{"text": "never mind"}, nil)
	green("written and deleted at once")

	for i := range 3 { // the edit reaches the server, and its echo is lost
		text := fmt.Sprintf("<lost %d>", i)
		ann.do("mute", nil, nil)
		ann.writes(text)
		bob.shows(text)
		ann.wait(args{"green": false})
		ann.do("drop", nil, nil)
		ann.wait(args{"connects": 2 + i})
		green("a reconnect")
	}

	ann.do("mute", nil, nil)
	bob.types([]any{0, 4, ""})
	p.newClient("cas", 3).wait(args{"covers": []claim{bob.report().Claim}})
	ann.do("unmute", nil, nil)
	ann.types([]any{0, 4, ""}) // bob has deleted these already
	green("what is deleted")

	ann.do("disconnect", nil, nil)
	ann.types([]any{0, 2, "offline "})
	ann.do("reconnect", nil, nil)
	green("what was typed offline")

	var storage struct{ Kept string }
	ann.do("keep", nil, &storage)
	again := newClient(t, "ann again")
	again.openWith(p.s, p.room, args{"version": 4, "params": args{"token": p.token("ann")}, "kept": storage.Kept})
	again.wait(args{"green": true})
	p.s.terminate()
	ann.writes("<while it was down>")
	p.s = p.s.restart()
	green("a restart")
	editAll([]*client{ann, bob}, 200, newSeed(t))
	green("all kinds of edits")
	mustHoldEverything(t, converge(t, ann, bob, again))
	ann.mustBeSound()
}
