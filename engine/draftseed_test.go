package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestRebaseOntoDraft shows that the room has every word once if its store is lost while clients
// have its document, and it begins anew with the draft that was saved of that document.
func TestRebaseOntoDraft(t *testing.T) {
	const published = "one two three\n\nfour five six"
	tests := []struct {
		name  string
		draft []string // texts that ann and bob make in turn before the draft is saved
		ann   string   // ann's text when the store is lost; "": the draft
		bob   string   // bob's text then; "": ann's
		want  string
	}{
		{"nothing more was typed", []string{"one two three and\n\nfour five six"}, "", "", "one two three and\n\nfour five six"},
		{"more was typed behind it", []string{"one two three and"}, "one two three and more", "", "one two three and more"},
		{"a word was half typed", []string{"one two three an"}, "one two three and more", "", "one two three and more"},
		{"new paragraphs", []string{"ann\n\n" + published, "ann\n\nbob\n\n" + published},
			"ann says\n\nbob\n\n" + published, "ann says\n\nbob says\n\n" + published, "ann says\n\nbob says\n\n" + published},
		{"two in one paragraph", []string{"one two ann three", "one two ann three bob"},
			"one two ann again three bob", "one two ann again three bob also", "one two ann again three bob also"},
		{"words of the seed deleted before", []string{"one three and\n\nfour six"}, "one three and more\n\nfour six", "", "one three and more\n\nfour six"},
		{"words of the seed deleted after", []string{published + " and"}, "one three\n\nfour five six and more", "", "one three\n\nfour five six and more"},
		{"a word of the draft deleted", []string{published + " and others"}, published + " others", "", published + " others"},
		{"all of the seed deleted but a word", []string{"one ann bob"}, "one ann says bob", "", "one ann says bob"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{Drafts: Drafts{Quiet: time.Second}}, published, func(w *recordWorld) {
				a, b := w.opens("ann"), w.opens("bob")
				for i, text := range tt.draft {
					[]*client{a, b}[i%2].writes(text)
				}
				pass(time.Minute)
				draft := w.records.records["r"].draft
				if draft != tt.draft[len(tt.draft)-1] {
					t.Fatalf("the draft is %q", draft)
				}
				if tt.ann != "" {
					a.writes(tt.ann)
				}
				if tt.bob != "" {
					b.writes(tt.bob)
				}
				w.loses(draft, a, b)
				carl := w.opens("carl")
				w.wantText(draft, carl)
				a, b = w.rejoins(a, "ann"), w.rejoins(b, "bob")
				pass(time.Second)
				w.wantText(tt.want, a, b, carl, w.opens("dora"))
			})
		})
	}
}

// loses kills the server while clients are there, loses its store, and starts it again with a
// record that has a draft.
func (w *recordWorld) loses(draft string, there ...*client) {
	for _, c := range there {
		c.Leave()
	}
	w.kill()
	w.store.drop("r")
	w.records.changeOutside("r", Edited, draft)
	clear(w.records.snapshots)
	w.start()
}

// returns joins again with the client's document, of which it sends what the server asks for.
func (w *recordWorld) returns(c *client, name string) *client {
	w.t.Helper()
	c.conn.take()
	back := w.joinsWith(c.conn, w.identityOf(name))
	for range 2 {
		for _, m := range c.conn.take() {
			if m.Kind != protocol.SyncRequest {
				continue
			}
			has, err := yjs.ParseStateVector(nil, m.Body)
			if err != nil {
				w.t.Fatal(err)
			}
			back.sends(protocol.SyncReply, c.conn.doc.AppendDiff(nil, has))
		}
		pass(200 * time.Millisecond)
	}
	return back
}

// TestRebaseOfOwnParagraph shows that what a client has typed into a paragraph of its own is kept
// if another client that has a part of that paragraph returns to a new room first.
func TestRebaseOfOwnParagraph(t *testing.T) {
	inRecordWorld(t, Config{}, "one two", func(w *recordWorld) {
		a, b := w.opens("ann"), w.opens("bob")
		b.writes("one two\n\nbob")
		pass(time.Minute)
		draft := w.records.records["r"].draft
		a.writes("one two\n\nbob ann")
		a.Leave()
		b.writes("one two\n\nbob ann says")
		w.loses(draft, b)
		carl := w.opens("carl")
		a = w.returns(a, "ann")
		w.wantText("one two\n\nbob ann", a, carl)
		b = w.returns(b, "bob")
		w.wantText("one two\n\nbob ann says", a, b, carl, w.opens("dora"))
	})
}
