package prosemirror

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// document is a document of TipTap with every node and mark that Markdown has.
const document = `{"type":"doc","content":[
	{"type":"heading","attrs":{"level":2},"content":[{"type":"text","text":"Agenda"}]},
	{"type":"paragraph","content":[{"type":"text","text":"a "},{"type":"text","marks":[{"type":"bold"}],"text":"bold"},
		{"type":"text","text":" "},{"type":"text","marks":[{"type":"link","attrs":{"href":"https://example.org/"}}],"text":"link"},
		{"type":"hardBreak"},{"type":"text","marks":[{"type":"italic"},{"type":"code"}],"text":"x"}]},
	{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"one"}]}]}]},
	{"type":"orderedList","attrs":{"start":3},"content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"three"}]}]}]},
	{"type":"codeBlock","attrs":{"language":"go"},"content":[{"type":"text","text":"x := 1"}]},
	{"type":"blockquote","content":[{"type":"paragraph","content":[{"type":"text","text":"said"}]}]},
	{"type":"horizontalRule"}]}`

// TestDocumentsOutliveMarkdown shows that a document is the same after it was written as Markdown,
// read from that, and written as JSON again.
func TestDocumentsOutliveMarkdown(t *testing.T) {
	tree, err := Decode([]byte(document), markdown.TipTap)
	if err != nil {
		t.Fatal(err)
	}
	text := markdown.Format(markdown.Normalize(tree))
	if !strings.HasPrefix(text, "## Agenda\n\na **bold** [link](https://example.org/)") {
		t.Errorf("Markdown: %s", text)
	}
	again, err := markdown.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	written, err := Encode(again, markdown.TipTap)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if json.Unmarshal([]byte(document), &want) != nil || json.Unmarshal(written, &got) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s", written)
	}
}

// TestWhatMarkdownCannotExpressIsAnError shows that nothing is left out of a document silently, and
// which attributes may be left out, as editors write them by themselves.
func TestWhatMarkdownCannotExpressIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"doc","content":[{"type":"callout"}]}`:                                                              "callout",
		`{"type":"doc","content":[{"type":"bold"}]}`:                                                                 "bold",
		`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"doc"}]}]}`:                                 "doc",
		`{"type":"doc","content":[{"type":"paragraph","attrs":{"textAlign":"right"}}]}`:                              "paragraph.textAlign",
		`{"type":"doc","content":[{"type":"text","text":"a","marks":[{"type":"underline"}]}]}`:                       "underline",
		`{"type":"doc","content":[{"type":"paragraph","attrs":{"textAlign":null}}]}`:                                 "",
		`{"type":"doc","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"rel":"nofollow"}}]}]}`: "",
		`{"type":"doc"}`: "",
	} {
		_, err := Decode([]byte(text), markdown.TipTap)
		var unknown *UnknownError
		if errors.As(err, &unknown); (unknown == nil) != (want == "") || unknown != nil && unknown.Name != want || unknown == nil && err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestOtherJSONIsNoDocument shows which texts are refused as a whole.
func TestOtherJSONIsNoDocument(t *testing.T) {
	deep := strings.Repeat(`{"type":"blockquote","content":[`, 300) + strings.Repeat("]}", 300)
	for _, text := range []string{
		``, `{}`, `[]`, `{"type":"paragraph"}`, `{"type":"doc","content":{}}`, `{"type":"doc"} x`,
		`{"type":"doc","text":"x"}`, `{"type":"doc","content":[{"type":"text"}]}`,
		`{"type":"doc","content":[{"type":"paragraph","text":"x"}]}`,
		`{"type":"doc","content":[{"type":"text","text":"a","content":[{"type":"text","text":"b"}]}]}`,
		`{"type":"doc","content":[` + deep + `]}`,
	} {
		if _, err := Decode([]byte(text), markdown.TipTap); !errors.Is(err, ErrForm) {
			t.Errorf("%.80s: %v", text, err)
		}
	}
}
