package app

import (
	"cmp"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// revocation is a right that CivicPress takes away from a user, and the documented bound of the
// time until that takes effect.
type revocation struct {
	name   string // the user's action
	row    string // the beginning of the row in the documentation
	bound  time.Duration
	words  string // the bound in that row
	keys   string // of the configuration
	role   string // the user's; empty: an editor's
	draft  bool
	pace   time.Duration // pause between the words that the user writes; 0: writes none
	revoke func(b *bubble, token string)
	code   int
}

var revocations = []revocation{
	{name: "reads", row: "a user signs out", bound: time.Minute, words: "a minute", revoke: signOut, code: 4001},
	{name: "reads a draft", row: "a user signs out", bound: time.Minute, words: "a minute", draft: true, revoke: signOut, code: 4001},
	{name: "writes", row: "a user signs out", bound: time.Minute, words: "a minute", pace: time.Second, revoke: signOut, code: 4001},
	{name: "reads", row: "a user may no longer edit", bound: 2 * time.Minute, words: "two minutes;",
		keys: "  auth: {viewers: reject}\n", revoke: role("public"), code: 4003},
	{name: "reads a draft", row: "a user may no longer edit", bound: time.Minute, words: "one minute if the record has a draft",
		draft: true, revoke: role("public"), code: 4003},
	{name: "writes", row: "a user may no longer edit", bound: time.Minute, words: "at once when text of that user is saved",
		pace: time.Second, revoke: role("public"), code: 4003},
	{name: "reads", row: "a user may no longer view", bound: 2 * time.Minute, words: "two minutes;", revoke: role("suspended"), code: 4003},
	{name: "writes", row: "a user may no longer view", bound: 8 * time.Minute, words: "eight", pace: time.Second,
		revoke: role("suspended"), code: 4003},
	{name: "reads", row: "a record is gone", bound: 2 * time.Minute, words: "two minutes", revoke: func(b *bubble, _ string) { b.api.Remove("r") }, code: 4004},
	{name: "may only view, it is hidden", row: "a record is gone", bound: 2 * time.Minute, words: "two minutes", role: "public",
		revoke: func(b *bubble, _ string) { b.api.Put("r", "text", map[string]any{"status": "under_review"}) }, code: 4004},
}

func signOut(b *bubble, token string) { b.api.Revoke(token) }

func role(name string) func(*bubble, string) {
	return func(b *bubble, _ string) { b.api.SetRole("ann", name) }
}

// TestRevocationIsSeen shows that a revocation, at any moment between two checks, takes effect in
// the documented time.
func TestRevocationIsSeen(t *testing.T) {
	for _, test := range revocations {
		t.Run(test.row+", "+test.name, func(t *testing.T) {
			test.mustBeDocumented(t)
			for _, after := range []time.Duration{time.Second, 50 * time.Second, 100 * time.Second, 500 * time.Second} {
				inBubble(t, test.keys, standin.Options{AuthLimit: -1, Limit: -1}, func(b *bubble) { test.mustBeSeen(b, after) })
			}
		})
	}
}

func (r revocation) mustBeDocumented(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "| "+r.row)
	if line, _, _ := strings.Cut(rest, "\n"); !found || !strings.Contains(line, r.words) {
		t.Errorf("not documented: %q, %q", r.row, r.words)
	}
}

// mustBeSeen revokes the right when the user has been connected for a time, and waits until that
// takes effect.
func (r revocation) mustBeSeen(b *bubble, after time.Duration) {
	b.t.Helper()
	b.api.Put("r", "text", nil)
	if r.draft {
		b.api.PutDraft("r", "draft")
	}
	token := b.api.Login("ann", cmp.Or(r.role, "clerk"))
	ann := b.connect(1, token, "r")
	time.Sleep(time.Second)
	b.write(after, r.pace, ann)
	ann.mustBeUndisturbed()
	r.revoke(b, token)
	for began := time.Now(); ann.closes()[r.code] == 0; time.Sleep(time.Second) {
		if time.Since(began) > r.bound {
			b.t.Errorf("not seen after %v: closed with %v", r.bound, ann.closes())
			break
		}
		if r.pace > 0 {
			ann.tryTyping("word ")
		}
	}
	ann.leaves()
}
