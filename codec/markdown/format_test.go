package markdown_test

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// settled reads a text, writes it, and checks that nothing changes from then on.
func settled(t testing.TB, text string) string {
	t.Helper()
	doc, err := markdown.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	once := markdown.Format(doc)
	again, err := markdown.Parse(once)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outline(again), outline(markdown.Normal(doc)); got != want {
		t.Errorf("%q written as %q is read as\n%s\nwant\n%s", text, once, short(again), short(markdown.Normal(doc)))
	}
	if twice := markdown.Format(again); twice != once {
		t.Errorf("%q became %q, then %q", text, once, twice)
	}
	return once
}

func TestProtoFormat(t *testing.T) {
	for _, text := range generated(3, 60000) {
		settled(t, text)
	}
}
