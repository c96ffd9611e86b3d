package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// TestRefusedReconnectLoop shows that four tabs that are refused again and again for 15 minutes,
// three with dead tokens and one with a missing record, and reconnect without a pause, do not
// disturb others at their address: one writes, one reads, and one joins at the end. CivicPress has
// the rate limits that it is shipped with.
func TestRefusedReconnectLoop(t *testing.T) {
	inBubble(t, "", standin.Options{}, func(b *bubble) {
		b.api.Put("r", "text", nil)
		b.api.Put("q", "text", nil)
		tabs := []*visitor{b.connect(91, b.api.Login("eve", "clerk"), "missing")}
		for i := range 3 {
			tabs = append(tabs, b.connect(byte(92+i), b.api.Sign(fmt.Sprintf("%064x", i)), "r"))
		}
		time.Sleep(10 * time.Second)
		writer, reader := b.connect(1, b.api.Login("ann", "clerk"), "r"), b.connect(2, b.api.Login("bob", "clerk"), "q")
		b.write(quarter-time.Minute, 5*time.Second, writer)
		time.Sleep(50 * time.Second)
		late := b.connect(3, b.api.Login("cleo", "clerk"), "r")
		time.Sleep(time.Second)

		for _, v := range []*visitor{writer, reader, late} {
			v.mustBeUndisturbed()
		}
		const words = int((quarter - time.Minute) / (5 * time.Second))
		if draft, _ := b.api.Draft("r"); strings.Count(draft, "word") != words {
			t.Errorf("the draft has %d of %d words", strings.Count(draft, "word"), words)
		}
		for _, call := range b.api.Calls() {
			if call.Status == 429 {
				t.Errorf("CivicPress refused a call of %q", call.Route)
			}
		}
		if n := b.lines(""); n >= 30 {
			t.Errorf("%d lines are logged:\n%s", n, b.log.String())
		}
		for i, tab := range tabs {
			want := map[bool]int{true: 4004, false: 4001}[i == 0]
			if codes := tab.closes(); len(codes) != 1 || codes[want] < 30 || codes[want] > 60 || tab.refused.Load() > 0 {
				t.Errorf("tab %d was closed with %v, and refused %d times", tab.id, codes, tab.refused.Load())
			}
		}
		for _, v := range append(tabs, writer, reader, late) {
			v.leaves()
		}
	})
}

// TestAuthCallsUsedUp shows that the service works when twelve readers use up the calls of /auth/*
// that CivicPress, as shipped, allows: nobody is refused, new clients are admitted, a logout takes
// effect within a minute, and another role as late as documented.
func TestAuthCallsUsedUp(t *testing.T) {
	inBubble(t, "", standin.Options{}, func(b *bubble) {
		b.api.Put("r", "text", nil)
		var tokens []string
		var all []*visitor
		for i := range 12 {
			tokens = append(tokens, b.api.Login(fmt.Sprint("p", i), "clerk"))
			all = append(all, b.connect(byte(i+1), tokens[i], "r"))
		}
		time.Sleep(quarter / 2)
		late := b.connect(90, b.api.Login("late", "clerk"), "r")
		time.Sleep(time.Second)
		for _, v := range append(all, late) {
			v.mustBeUndisturbed()
		}
		if auth, _ := b.calls(); auth < 20 || auth > 30 {
			t.Errorf("%d calls of /auth/*: the test shows nothing", auth)
		}
		b.api.Revoke(tokens[0])
		b.api.SetRole("p1", "suspended")
		time.Sleep(time.Minute)
		if n := all[0].closes()[4001]; n == 0 {
			t.Errorf("who has signed out is there a minute later: %v", all[0].closes())
		}
		if codes := all[1].closes(); len(codes) > 0 {
			t.Errorf("the role is seen at once: %v: the test shows nothing", codes)
		}
		time.Sleep(quarter)
		if n := all[1].closes()[4003]; n == 0 {
			t.Errorf("who may nothing is there 16 minutes later: %v", all[1].closes())
		}
		for _, v := range append(all[2:], late) {
			v.mustBeUndisturbed()
		}
		for _, v := range append(all, late) {
			v.leaves()
		}
	})
}

// TestSignedOutOfADraft shows that the connection of a user who signs out, in a record that has
// only a draft, ends because of the session, and so does one made at once, though CivicPress then
// reports the record as missing.
func TestSignedOutOfADraft(t *testing.T) {
	for name, back := range map[string]bool{"stays": false, "comes back": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", standin.Options{}, func(b *bubble) {
				b.api.PutDraft("d", "text")
				token := b.api.Login("ann", "clerk")
				ann := b.connect(1, token, "d")
				time.Sleep(time.Minute)
				ann.mustBeUndisturbed()
				if back {
					ann.leaves()
				}
				b.api.Revoke(token)
				if back {
					ann = b.connect(1, token, "d")
				}
				time.Sleep(2 * time.Minute)
				if codes := ann.closes(); len(codes) != 1 || codes[4001] < 2 {
					t.Errorf("closed with %v", codes)
				}
				ann.leaves()
			})
		})
	}
}
