package documents

import (
	"context"
	"net/http"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/documents/renderings"
)

// form is the form in which a document is read or written.
type form struct {
	format   string
	fragment string // name of the root; empty: the document's own
}

// schema returns the names of the nodes of Markdown.
func (f form) schema(now *current) markdown.Schema {
	s := now.Schema
	if f.fragment != "" {
		s.Fragment = f.fragment
	}
	return s
}

// render returns a document in a form. It takes as long as the document is large.
func (f form) render(now *current, state []byte) (r renderings.Rendering, err error) {
	u, steps, text := yjs.Trust(state), view.MaxSteps(now.MaxSteps), ""
	switch f.format {
	case formatYjs:
		r.Body = state
	case formatJSON:
		r.Body, err = contents.JSON(u, now.Schema.Root(), f.fragment, steps)
	case formatMarkdown:
		text, err = contents.Markdown(u, f.schema(now), steps)
		r.Body = []byte(text)
	default:
		text, r.Root, err = contents.Text(u, now.Schema, f.fragment, steps)
		r.Body = []byte(text)
	}
	return r, err
}

// edit returns the update that gives a document another text; root is the one that render returned.
func (f form) edit(now *current, state []byte, root, to string) ([]byte, error) {
	u, steps := yjs.Trust(state), view.MaxSteps(now.MaxSteps)
	if f.format == formatMarkdown {
		return contents.EditMarkdown(u, f.schema(now), to, steps)
	}
	if root == "" {
		return nil, errNoRoot
	}
	return contents.EditText(u, root, to, steps)
}

// normal returns a text as a document would have it: Markdown in the form that it is read in.
func (f form) normal(text string) (string, error) {
	if f.format != formatMarkdown {
		return text, nil
	}
	tree, err := markdown.Parse(text)
	if err != nil {
		return "", err
	}
	return markdown.Format(tree), nil
}

// key returns the key of a document's rendering.
func (f form) key(room roomkey.Key, d engine.Document) renderings.Key {
	return renderings.Key{
		Room: room, Incarnation: d.Incarnation, Version: d.Version,
		Format: f.format, Fragment: f.fragment,
	}
}

// rendered returns a document in a form, and keeps it for later.
func (s *Server) rendered(
	ctx context.Context, now *current, key renderings.Key, f form, state []byte,
) (r renderings.Rendering, err error) {
	if r, ok := s.texts.Get(key); ok {
		return r, nil
	}
	if r, err = s.convert(ctx, now, func() (renderings.Rendering, error) {
		return f.render(now, state)
	}); err == nil {
		s.texts.Put(key, r)
	}
	return r, err
}

// convert calls f, which converts a document, when few others are being converted.
func (s *Server) convert(
	ctx context.Context, now *current, f func() (renderings.Rendering, error),
) (r renderings.Rendering, err error) {
	select {
	case now.readers <- struct{}{}:
		defer func() { <-now.readers }()
	case <-ctx.Done():
		s.metrics.refused[readersRefused].Inc()
		return r, problem(http.StatusServiceUnavailable, api.Unavailable,
			"api.max_readers documents are being converted")
	}
	s.reading.Add(1)
	defer s.reading.Add(-1)
	return f()
}

// difference returns the update with everything of a document that a client with a state vector
// lacks.
func difference(state []byte, have yjs.StateVector) (r renderings.Rendering, err error) {
	doc, err := ydoc.Load(state)
	if err == nil {
		r.Body = doc.AppendDiff(nil, have)
	}
	return r, err
}
