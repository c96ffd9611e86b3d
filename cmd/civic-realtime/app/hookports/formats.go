package hookports

import (
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/prosemirror"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/hooks"
)

// form is the form of contents: a format, and the names of nodes in it.
type form struct {
	format hooks.Format
	schema markdown.Schema
}

// textOf returns the text of a content.
func (f form) textOf(c hooks.Content) (engine.Text, error) {
	t := engine.Text{
		Revision: engine.Revision(c.Revision), ShowsDrafts: true, FetchedAt: c.Asked,
	}
	switch {
	case len(c.Body) == 0:
	case f.format == hooks.Yjs:
		t.Update = c.Body
	case f.format == hooks.JSON:
		tree, err := prosemirror.Decode(c.Body, f.schema)
		if err != nil {
			return engine.Text{}, fmt.Errorf("the content of hooks.load: %w; hooks.format: yjs keeps everything", err)
		}
		t.Markdown = markdown.Format(markdown.Normalize(tree))
	default:
		t.Markdown = strings.TrimPrefix(string(c.Body), "\ufeff")
	}
	return t, nil
}

// contentOf returns the content of a draft.
func (f form) contentOf(d engine.Draft) ([]byte, error) {
	switch f.format {
	case hooks.Yjs:
		return d.Update, nil
	case hooks.JSON:
		tree, err := markdown.Parse(d.Markdown)
		if err != nil {
			return nil, err
		}
		return prosemirror.Encode(tree, f.schema)
	}
	return []byte(d.Markdown), nil
}
