package e2e

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

const kills = 20

// TestKill shows that kill -9 at any moment loses nothing that any client was sent: after a restart
// the server has everything that it had sent, echoes to authors included, and the clients reconnect
// by themselves and converge, with nothing doubled.
func TestKill(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(uint64(newSeed(t)), 0))

	s := start(t)
	const room = "minutes"
	writers, typing := startTyping(t, s, room, random)
	probe := newClient(t, "probe")
	for range kills {
		awaitMoment(writers[random.IntN(len(writers))], random)
		s.kill()
		mustHave(t, s, room, probe, claimsAfter(t, writers), random.IntN(2) == 0)
		s = s.restart()
		for _, c := range writers {
			c.wait(args{"synced": true})
		}
	}

	var kept []string
	for i, c := range writers {
		kept = append(kept, stopTyping(c, typing[i])...)
	}
	final := converge(t, append(writers, join(t, s, room, "newcomer", 3))...)
	mustHoldOnce(t, final.Text, kept)
	for _, c := range writers {
		c.mustBeSound()
	}
}

// startTyping connects three writers that type until stopped, and keep receipts.
func startTyping(t *testing.T, s *server, room string, random *rand.Rand) (writers []*client, typing []processes.Call) {
	t.Helper()
	versions := []any{2, 3, 3, "hocuspocus-4", "hocuspocus-3"}
	for i, name := range []string{"ann", "bob", "cleo", "hope", "hal"} {
		c := newClient(t, name)
		c.openWith(s, room, args{"version": versions[i], "record": true})
		writers = append(writers, c)
		typing = append(typing, c.begin("type", args{"name": name, "seed": random.Uint32()}))
	}
	awaitTyping(writers)
	return writers, typing
}

// awaitTyping waits until each writer has received an update.
func awaitTyping(writers []*client) {
	for _, c := range writers {
		c.t.Helper()
		c.wait(args{"received": c.status().Received + 1})
	}
}

// stopTyping returns the tokens that the writer typed and did not delete again.
func stopTyping(c *client, typing processes.Call) []string {
	c.t.Helper()
	c.do("stop", nil, nil)
	var typed struct{ Kept, Deleted []string }
	typing.End(&typed)
	if len(typed.Kept) == 0 || len(typed.Deleted) == 0 {
		c.t.Errorf("client %s typed %d tokens and deleted %d", c.name, len(typed.Kept), len(typed.Deleted))
	}
	return typed.Kept
}

// awaitMoment waits until the client has received or sent a random number of further messages.
func awaitMoment(c *client, random *rand.Rand) {
	c.t.Helper()
	st := c.status()
	if random.IntN(2) == 0 {
		c.wait(args{"received": st.Received + 1 + random.IntN(10)})
	} else {
		c.wait(args{"sent": st.Sent + 1 + random.IntN(60)})
	}
}

// claimsAfter returns, for each writer, a claim to everything received before the server was lost.
func claimsAfter(t *testing.T, writers []*client) (claims []claim) {
	t.Helper()
	for _, c := range writers {
		c.wait(args{"synced": false, "connected": false})
		receipts := c.receipts()
		if bytes.Contains(receipts, []byte(`"clocks":{}`)) {
			t.Errorf("client %s has received nothing", c.name)
		}
		claims = append(claims, receipts)
	}
	return claims
}

// mustHave checks the data of a stopped server through another server on another port, so that the
// writers cannot send lost updates again. That server is then drained or killed.
func mustHave(t *testing.T, down *server, room string, probe *client, claims []claim, drain bool) {
	t.Helper()
	s := startAt(t, freeAddr(t), down.dir)
	probe.open(s, room, 3)
	if lacks := probe.missing(claims); len(lacks) > 0 {
		t.Errorf("lost after a kill although it had been sent out: %q", lacks)
	}
	tokensIn(t, probe.report().Text)
	if !drain {
		s.kill()
	} else if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

var tokenPattern = regexp.MustCompile(`<[a-z]+\.[0-9]+>`)

// tokensIn returns the tokens that text consists of, sorted. Each may occur once.
func tokensIn(t *testing.T, text string) []string {
	t.Helper()
	tokens := tokenPattern.FindAllString(text, -1)
	if len(strings.Join(tokens, "")) != len(text) {
		t.Errorf("the text is not made of whole tokens: %.2000s", text)
	}
	slices.Sort(tokens)
	for i := range len(tokens) - 1 {
		if tokens[i] == tokens[i+1] {
			t.Errorf("%s is doubled", tokens[i])
		}
	}
	return tokens
}

func mustHoldOnce(t *testing.T, text string, kept []string) {
	t.Helper()
	slices.Sort(kept)
	if got := tokensIn(t, text); !slices.Equal(got, kept) {
		t.Errorf("the text has %d tokens, %d were typed and kept", len(got), len(kept))
	}
}
