package markdown_test

import (
	"bytes"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

const minutes = "# Minutes\n\nThe **council** met, see <!--civic-ref type=\"record\" id=\"r-1\" label=\"Budget\"-->.\n\n3. one\n4. two\n"

func parse(t testing.TB, text string) markdown.Node {
	t.Helper()
	doc, err := markdown.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// client returns the client id of an update, which has one.
func client(t *testing.T, update []byte) uint64 {
	t.Helper()
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		t.Fatal(err)
	}
	id, n := uint64(0), 0
	for s := range u.Sections() {
		id = s.Client
		n++
		if s.Clock != 0 {
			t.Errorf("starts at clock %d", s.Clock)
		}
	}
	if n != 1 {
		t.Fatalf("%d clients", n)
	}
	return id
}

// TestSeedIsPinned fails if the seed of a text differs from that of earlier releases.
func TestSeedIsPinned(t *testing.T) {
	seed := markdown.Schema{}.Seed(parse(t, minutes))
	const want uint64 = 1962919026480661
	if got := client(t, seed); got != want {
		t.Errorf("client %d, want %d: documents seeded before hold their text twice if seeded again", got, want)
	}
	if got, err := (markdown.Schema{}).SeedClient(minutes); got != want || err != nil {
		t.Errorf("SeedClient is %d, %v", got, err)
	}
}

func TestSeedClientsDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for name, seed := range map[string][]byte{
		"the text":         markdown.Schema{}.Seed(parse(t, minutes)),
		"another text":     markdown.Schema{}.Seed(parse(t, minutes+"\nmore")),
		"another fragment": markdown.Schema{Fragment: "prosemirror"}.Seed(parse(t, minutes)),
		"another schema":   markdown.TipTap.Seed(parse(t, minutes)),
		"nothing":          markdown.Schema{}.Seed(parse(t, "")),
	} {
		id := client(t, seed)
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have the same id", name, other)
		}
		seen[id] = name
	}
	same := markdown.Schema{}.Seed(parse(t, "#  Minutes\n"+minutes[len("# Minutes\n"):]))
	if !bytes.Equal(same, markdown.Schema{}.Seed(parse(t, minutes))) {
		t.Error("the same tree of another text has another seed")
	}
}

func TestSeedSchemas(t *testing.T) {
	doc := parse(t, "3. *a*\n\n```go\nx\n```\n\n---\n")
	for name, s := range map[string]markdown.Schema{"CivicPress": {}, "fragment": {Fragment: "other"}, "TipTap": markdown.TipTap} {
		seed := s.Seed(doc)
		if got := outline(viewed(t, seed, s)); got != outline(doc) {
			t.Errorf("%s: %s, want %s", name, got, outline(doc))
		}
		if tiptap := bytes.Contains(seed, []byte("orderedList")) &&
			bytes.Contains(seed, []byte("italic")) &&
			bytes.Contains(seed, []byte("language")); tiptap != (name == "TipTap") {
			t.Errorf("%s: %q", name, seed)
		}
	}
}

func TestSeedEmpty(t *testing.T) {
	if got := (markdown.Schema{}).Seed(markdown.Node{Name: markdown.Doc}); !bytes.Equal(got, []byte{0, 0}) {
		t.Errorf("%v, want an empty update", got)
	}
}

// TestSeedAnyAttributes shows that all values that attributes may have are the same after seeding
// and reading.
func TestSeedAnyAttributes(t *testing.T) {
	n := markdown.Node{Name: "callout", Attrs: markdown.Attrs{
		"true": true, "false": false, "text": "ü😀", "list": []any{1.0, "a", nil, []any{}}, "object": map[string]any{"b": -1.5, "a": false},
		"zero": 0.0, "small": -63.0, "sixty-four": 64.0, "large": -123456789.0, "larger": 1e10, "tiny": 1e-300,
	}}
	doc := node(markdown.Doc, n)
	if got := outline(viewed(t, markdown.Schema{}.Seed(doc), markdown.Schema{})); got != outline(doc) {
		t.Errorf("got\n%s\nwant\n%s", got, outline(doc))
	}
}
