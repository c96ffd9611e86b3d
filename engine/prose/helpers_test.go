package prose

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

func parse(t testing.TB, text string) markdown.Node {
	t.Helper()
	doc, err := markdown.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func checked(t testing.TB, update []byte) yjs.CheckedUpdate {
	t.Helper()
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// merged returns the state of the document that updates make. None of them may lack anything.
func merged(t testing.TB, updates ...[]byte) yjs.CheckedUpdate {
	t.Helper()
	var d ydoc.Doc
	for _, u := range updates {
		if u == nil {
			continue
		}
		if o := d.Apply(checked(t, u)); o.Missing || o.Dropped || o.Refused != nil {
			t.Fatalf("outcome %+v", o)
		}
	}
	return checked(t, d.AppendState(nil))
}

func viewOf(t testing.TB, state yjs.CheckedUpdate) *view.View {
	t.Helper()
	v, err := view.New(state)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// text returns a document as Markdown.
func text(t testing.TB, state yjs.CheckedUpdate) string {
	t.Helper()
	return markdown.Format(Read(viewOf(t, state), markdown.Schema{}))
}

// edit returns the update that changes a document to a text.
func edit(t testing.TB, state yjs.CheckedUpdate, text string) []byte {
	t.Helper()
	u, err := Edit(state, markdown.Schema{}, parse(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// seeded returns the state of a document that was seeded with a text.
func seeded(t testing.TB, text string) yjs.CheckedUpdate {
	t.Helper()
	return checked(t, markdown.Schema{}.Seed(parse(t, text)))
}
