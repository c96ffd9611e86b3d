package recordsync

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/prose"
)

// TestNamesOfConflicts checks how notices name blocks.
func TestNamesOfConflicts(t *testing.T) {
	at := func(steps ...prose.PathStep) prose.Conflict { return prose.Conflict{Path: steps} }
	second := at(prose.PathStep{Name: markdown.Paragraph, Number: 2})
	item := at(prose.PathStep{Name: markdown.BulletList, Number: 1},
		prose.PathStep{Name: markdown.ListItem, Number: 3},
		prose.PathStep{Name: markdown.Paragraph, Number: 1})
	cell := at(prose.PathStep{Name: markdown.Table, Number: 1},
		prose.PathStep{Name: markdown.TableRow, Number: 2},
		prose.PathStep{Name: markdown.TableCell, Number: 1})
	gone := prose.Conflict{Path: []prose.PathStep{{Name: markdown.Heading, Number: 4}},
		Deleted: true}
	other := at(prose.PathStep{Name: "widget", Number: 1})
	for want, conflicts := range map[string][]prose.Conflict{
		"":                                nil,
		"paragraph 2":                     {second},
		"paragraph 2 and list 1 (item 3)": {second, item},
		"a deleted heading, table 1 (row 2) and block 1":           {gone, cell, other},
		"paragraph 2, list 1 (item 3), table 1 (row 2) and 2 more": {second, item, cell, gone, other},
	} {
		if got := nameConflicts(conflicts); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
