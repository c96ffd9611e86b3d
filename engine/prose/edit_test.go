package prose

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// checkEdit edits a document, checks the edit and returns the state after it.
func checkEdit(t testing.TB, state []byte, want string) []byte {
	t.Helper()
	update := edit(t, checked(t, state), want)
	if v := viewOf(t, checked(t, state)); update != nil &&
		!bytes.Equal(update, smallestEdit(v, markdown.Schema{}, Storable(parse(t, want)))) {
		t.Errorf("from\n%s\nto\n%s\nthe whole content is replaced", text(t, checked(t, state)), want)
	}
	after := merged(t, state, update)
	stored := text(t, checked(t, markdown.Schema{}.Seed(Storable(parse(t, want)))))
	if got := text(t, after); got != stored {
		t.Errorf("from\n%s\nto\n%s\ncame\n%s", text(t, checked(t, state)), stored, got)
	}
	if again := edit(t, after, want); again != nil {
		t.Errorf("a second edit of %q changes something", want)
	}
	if again := edit(t, checked(t, state), want); !bytes.Equal(again, update) {
		t.Errorf("another edit the second time")
	}
	return after.Bytes()
}

// TestEditOddTexts edits documents between many odd texts.
func TestEditOddTexts(t *testing.T) {
	list := texts.Odd(11, 1500)
	state := seeded(t, "").Bytes()
	for i, text := range list {
		if i%40 == 0 {
			state = seeded(t, text).Bytes()
		}
		state = checkEdit(t, state, text)
		if t.Failed() {
			return
		}
	}
}

// TestEditRecords makes random edits of records.
func TestEditRecords(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 0))
	for range 40 {
		blocks := strings.Split(texts.Record(r), "\n\n")
		state := seeded(t, strings.Join(blocks, "\n\n")).Bytes()
		for range 6 {
			at := r.IntN(len(blocks))
			switch r.IntN(4) {
			case 0:
				blocks[at] = texts.Block(r, r.IntN(8))
			case 1:
				blocks = append(blocks[:at:at], blocks[at+1:]...)
			case 2:
				blocks = append(blocks[:at:at], append([]string{texts.Words(r)}, blocks[at:]...)...)
			default:
				words := strings.Split(blocks[at], " ")
				words[r.IntN(len(words))] = fmt.Sprint("changed", r.IntN(10))
				blocks[at] = strings.Join(words, " ")
			}
			if len(blocks) == 0 {
				break
			}
			state = checkEdit(t, state, strings.Join(blocks, "\n\n"))
			if t.Failed() {
				return
			}
		}
	}
}
