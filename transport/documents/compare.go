package documents

import (
	"context"
	"net/http"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/documents/renderings"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

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

// Authors is the answer of GET /v1/documents/{room}/authors.
type Authors struct {
	Room  string `json:"room"`
	Parts []Part `json:"parts"`
}

// Comparison is the answer of GET /v1/documents/{room}/compare.
type Comparison struct {
	Room    string   `json:"room"`
	Changes []Change `json:"changes"`
}

func partOf(p engine.Authored) Part {
	return Part{
		Type: p.Type, Root: p.Root, Path: append([]any{}, p.Path...), From: p.From, To: p.To,
		Key: p.Key, Text: p.Text, Values: jsonable(p.Values), Block: p.Block, Name: p.Name,
		By: byOf(p.By.ID, p.By.Name, p.By.OnBehalfOf),
	}
}

func changeOf(d engine.Difference) Change {
	c := Change{Part: partOf(engine.Authored{
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

// versionIn returns a parameter that is the id of a version; 0, the present document, without it.
func versionIn(q *httpapi.Query, name string) uint64 {
	text := q.Text(name)
	id := parseVersion(text)
	if text != "" && id == 0 {
		q.Wrong(name, "must be the id of a version")
	}
	return id
}

// authors answers with the parts of a document, and who wrote each.
func (s *Server) authors(r *request) error {
	q := httpapi.NewQuery(r.Request)
	id := versionIn(q, "version")
	if err := q.Err(); err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		id, err := s.storeID(ctx, key, id)
		if err == nil {
			err = s.mustBePresent(ctx, key, id)
		}
		if err != nil {
			return err
		}
		answer := Authors{Room: key.String()}
		err = s.converting(ctx, r.now, func() error {
			all, err := s.cfg.Engine.Authors(ctx, key, id)
			answer.Parts = httpapi.Converted(all, partOf)
			return err
		})
		if err != nil {
			return err
		}
		return httpapi.Answer(r.w, http.StatusOK, answer)
	})
}

// mustBePresent is mustExist if version is 0: that of the present document.
func (s *Server) mustBePresent(ctx context.Context, key roomkey.Key, version uint64) error {
	if version != 0 {
		return nil
	}
	return s.mustExist(ctx, key)
}

// compare answers with the differences between two versions, of which either may be the present
// document.
func (s *Server) compare(r *request) error {
	q := httpapi.NewQuery(r.Request)
	from, to := versionIn(q, "from"), versionIn(q, "to")
	if err := q.Err(); err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		to, err := s.storeID(ctx, key, to)
		if err == nil {
			err = s.mustBePresent(ctx, key, min(from, to))
		}
		if err != nil {
			return err
		}
		old, err := s.readAnywhere(ctx, r, key, from)
		if err != nil {
			return err
		}
		answer := Comparison{Room: key.String()}
		err = s.converting(ctx, r.now, func() error {
			all, err := s.cfg.Engine.Compare(ctx, key, old, to)
			answer.Changes = httpapi.Converted(all, changeOf)
			return err
		})
		if err != nil {
			return err
		}
		return httpapi.Answer(r.w, http.StatusOK, answer)
	})
}

// converting is convert for a function that returns no rendering.
func (s *Server) converting(ctx context.Context, now *current, f func() error) error {
	_, err := s.convert(ctx, now, func() (r renderings.Rendering, err error) { return r, f() })
	return err
}
