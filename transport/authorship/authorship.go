// Package authorship has the answers about who wrote what in a document, and what differs between
// two versions, which the documents API and the admin API have in common.
package authorship

import (
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
)

// By is the user who has done something.
type By struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitempty"`
	OnBehalfOf string `json:"on_behalf_of,omitempty"` // id of the user for whom a program did it
}

// ByOf returns nil if the user is not known.
func ByOf(id, name, onBehalfOf string) *By {
	if id == "" {
		return nil
	}
	return &By{id, name, onBehalfOf}
}

// Part is a part of a document, with the user who wrote it.
type Part struct {
	Type   string `json:"type"`
	Root   string `json:"root"`
	Path   []any  `json:"path"`           // of the block that it is in: numbers and names
	From   uint64 `json:"from"`           // in the list of the block, in units of Yjs; 0 of an entry
	To     uint64 `json:"to"`             // behind the last unit
	Key    string `json:"key,omitempty"`  // of an entry
	Text   string `json:"text,omitempty"` // characters
	Values []any  `json:"values,omitempty"`
	Block  string `json:"block,omitempty"` // kind of a block
	Name   string `json:"name,omitempty"`  // of an element
	By     *By    `json:"by,omitempty"`    // absent: not known
}

// Change is a difference between two versions, with the user who made it.
type Change struct {
	Part
	// Attributes are the formats that are in force, or, of a format, the one that was set; null: it
	// was removed.
	Attributes map[string]any `json:"attributes,omitempty"`
}

// Authors is the answer about a document's authors.
type Authors struct {
	Room  string `json:"room"`
	Parts []Part `json:"parts"`
}

// Comparison is the answer about the differences between two versions.
type Comparison struct {
	Room    string   `json:"room"`
	Changes []Change `json:"changes"`
}

// PartOf returns a part of a document.
func PartOf(p engine.Authored) Part {
	return Part{
		Type: p.Type, Root: p.Root, Path: append([]any{}, p.Path...), From: p.From, To: p.To,
		Key: p.Key, Text: p.Text, Values: jsonable(p.Values), Block: p.Block, Name: p.Name,
		By: ByOf(p.By.ID, p.By.Name, p.By.OnBehalfOf),
	}
}

// ChangeOf returns a difference.
func ChangeOf(d engine.Difference) Change {
	c := Change{Part: PartOf(engine.Authored{
		Type: d.Type, Root: d.Root, Path: d.Path, From: d.From, To: d.To, Key: d.Key,
		Text: d.Text, Values: d.Values, Block: d.Block, Name: d.Name, By: d.By,
	})}
	if d.Attributes != nil {
		c.Attributes, _ = contents.Jsonable(d.Attributes).(map[string]any)
	}
	return c
}

func jsonable(values []any) []any {
	list, _ := contents.Jsonable(values).([]any)
	return list
}
