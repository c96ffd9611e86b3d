package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestProgramEditsRecord shows that a program edits the text of a record over HTTP while a person
// types in it: the draft that CivicPress gets has exactly what both have written, and all other
// fields of the record as they were; the published text stays.
func TestProgramEditsRecord(t *testing.T) {
	t.Parallel()
	const text = "# DOGS\n\nPEOPLE WRITE HERE\n\nPEOPLE WRITE HERE TOO"
	fields := map[string]any{
		"title": "Dogs: a by-law", "type": "ordinance", "status": "published",
		"metadata": map[string]any{"tags": []any{"dogs", "leads"}, "approved_by": "the council", "extra: key": 7.0},
	}
	api, dir, key := newStandin(), t.TempDir(), strings.Repeat("k", 32)
	api.Put("by-law-7", text, fields)
	keys := filepath.Join(dir, "keys.yml")
	if err := os.WriteFile(keys, []byte("- {name: backend, key: "+key+", scopes: ['documents:read', 'documents:write'], rooms: ['record:*']}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newSiteOf(t, api, fmt.Sprintf("    token: %q\n  api: {enabled: true, keys_file: %q}\n", api.Login("backend", "clerk"), keys))
	ann := newClient(t, "ann")
	ann.openWith(w.server, "by-law-7", asUI(w.api.Login("ann", "clerk")))
	p := newProgram(t, []string{w.addr}, "record:by-law-7", "one", newSeed(t))
	p.key = key
	typing := ann.begin("type", args{"name": "ann", "seed": 1, "deletes": false, "pause": 5, "into": "PEOPLE"})
	for range 30 {
		p.patchMarkdown()
	}
	ann.do("stop", nil, nil)
	var typed typedTokens
	typing.End(&typed)
	last := typed.Kept[len(typed.Kept)-1]
	for deadline := time.Now().Add(patience); !slices.Contains(p.wordsOf(""), last); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come", last)
		}
	}
	mustHaveAll(t, tokensAmong(p.wordsOf("")), append(typed.Kept, p.written...), nil, nil)

	_, edited := p.must("GET", "?format=markdown", "")
	w.awaitDraft("by-law-7", edited)
	for name, want := range fields {
		if got := w.api.DraftField("by-law-7", name); name != "status" && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v instead of %v", name, got, want)
		}
	}
	if got, _ := w.api.Published("by-law-7"); got != text {
		t.Errorf("the published text is now\n%s", got)
	}
}
