package app

import (
	"strings"
	"testing"
	"time"
)

// TestDocuments shows that the names in the file override those of the preset.
func TestDocuments(t *testing.T) {
	c, err := parse(t, `realtime:
  documents:
    preset: tiptap
    fragment: prosemirror
    names: {bullet_list: list}
    attributes: {ordered_list.order: from}
  drafts: {quiet: 1s, interval: 5s, patience: 20s, poll: 30s, timeout: 3s, min_interval: 7s, burst: 2, kept_bytes: 8}
`)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Documents.schema
	for _, got := range [][2]string{
		{s.Root(), "prosemirror"}, {s.Name("bullet_list"), "list"}, {s.Name("hard_break"), "hardBreak"}, {s.Name("paragraph"), "paragraph"},
		{s.Attr("ordered_list", "order"), "from"}, {s.Attr("code_block", "params"), "language"},
	} {
		if got[0] != got[1] {
			t.Errorf("%q, want %q", got[0], got[1])
		}
	}
	e := engineConfig(c)
	if e.KeepHistory {
		t.Error("histories are kept")
	}
	if e.Drafts.Quiet != time.Second || e.Drafts.Interval != 5*time.Second || e.Drafts.Patience != 20*time.Second || e.Drafts.MinInterval != 7*time.Second || e.Drafts.Burst != 2 || e.Drafts.KeptBytes != 8 ||
		e.RecordPoll != 30*time.Second || e.RecordTimeout != 3*time.Second || e.Schema.Root() != "prosemirror" {
		t.Errorf("%+v", e)
	}
}

// TestDocumentsGC shows when deleted content is kept.
func TestDocumentsGC(t *testing.T) {
	for text, want := range map[string]bool{"true": false, "false": true} {
		if c, err := parse(t, "realtime: {documents: {gc: "+text+"}}"); err != nil || engineConfig(c).KeepHistory != want {
			t.Errorf("gc: %s: kept %v, %v", text, engineConfig(c).KeepHistory, err)
		}
	}
}

// TestBadDocuments shows that errors in the section documents name the key or the value that is
// wrong.
func TestBadDocuments(t *testing.T) {
	for text, want := range map[string]string{
		"preset: slate":                          "documents.preset",
		"names: {bulletList: list}":              `"bulletList" is none of`,
		"gc: sometimes":                          "documents.gc",
		"names: {paragraph: ''}":                 "must not be empty",
		"names: {paragraph: heading}":            `"heading" would be the name of two things`,
		"attributes: {ordered_list.start: a}":    `"ordered_list.start" is none of`,
		"attributes: {image.src: alt}":           `"image.alt" would be the name of two things`,
		"names: {paragraph: p}\n    colour: red": "colour",
	} {
		_, err := parse(t, "realtime:\n  documents:\n    "+text+"\n")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
