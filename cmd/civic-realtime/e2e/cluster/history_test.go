package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// history is what happened in a room: what its clients were shown, what they typed and deleted, and
// what was saved in CivicPress. Its rules, each a method that lists what breaks it:
//
//   - lost: everything that any client was shown is in the document that there is at the end,
//     deletions too (excuse names what is not asked for).
//   - wrongWords: the text has every word that was typed once, and none that was deleted. Words of
//     clients that did not come back may be missing, unless somebody was shown them. The text of
//     the record is there once.
//   - wrongSaves: no draft is saved twice, none is older than one before, and the last one is the
//     text.
type history struct {
	room string
	seed []string // sentences that the record had, each of which is in the text once

	// again is how often words may have come from a draft before they came from whoever has typed
	// them: see wentOn. Such words stay when those are deleted.
	again int
	anew  bool // it began anew with a draft, so that words that were deleted may be back, once

	mu    sync.Mutex // guards everything below
	shown ydoc.Doc   // everything that a server has sent to any client, or has acknowledged
	words map[string]*word
	saves []save
	stops int // processes that were stopped, any of which may have been in the midst of a save
}

// word is what its author knows about a word. What others know is in the document.
type word struct{ typed, deleted, gone bool }

// save is a draft that CivicPress was asked to store.
type save struct {
	at   time.Time
	by   string // the node
	text string
}

func (s save) String() string {
	return fmt.Sprintf("%s by %s: %.40q…", s.at.Format(time.StampMilli), s.by, s.text)
}

func newHistory(room string, seed ...string) *history {
	return &history{room: room, seed: seed, words: map[string]*word{}}
}

// show adds an update that a server has sent, or has acknowledged.
func (h *history) show(u yjs.CheckedUpdate) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shown.Apply(u)
}

func (h *history) type_(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.words[text] = &word{typed: true}
}

func (h *history) delete(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.words[text].deleted = true
}

// leave says that the author of these words has gone for good.
func (h *history) leave(words []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range words {
		h.words[w].gone = true
	}
}

// save adds a draft that a node has saved.
func (h *history) save(by, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.saves = append(h.saves, save{time.Now(), by, text})
}

// stop says that a process was stopped, or cut off.
func (h *history) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stops++
}

// lost lists what somebody was shown and a document lacks, but for what clients have written that
// excuse names.
func (h *history) lost(final *ydoc.Doc, excuse func(client uint64) bool) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	shown := claimOf(&h.shown)
	if excuse != nil {
		shown = shown.without(excuse)
	}
	return shown.missing(claimOf(final))
}

var wordPattern = regexp.MustCompile(`\bu\d+n\d+\b`)

// wrongWords lists the words, and the sentences of the record, that are missing in a text, are
// there twice or were deleted.
func (h *history) wrongWords(text string) (wrong []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	count := map[string]int{}
	for _, w := range wordPattern.FindAllString(text, -1) {
		count[w]++
	}
	for text, w := range h.words {
		n := count[text]
		delete(count, text)
		switch {
		case n > 1+h.again:
			wrong = append(wrong, fmt.Sprintf("%s is there %d times", text, n))
		case w.gone: // who has it may keep it, and who was shown it must: that is lost's
		case w.deleted && n > h.again && !h.anew:
			wrong = append(wrong, text+" is there, and was deleted")
		case !w.deleted && n == 0:
			wrong = append(wrong, text+" is missing")
		}
	}
	for text := range count {
		wrong = append(wrong, text+" was never typed")
	}
	for _, sentence := range h.seed {
		if n := strings.Count(text, sentence); n != 1 {
			wrong = append(wrong, fmt.Sprintf("%q is there %d times in %.2000q", sentence, n, text))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// wrongSaves lists the drafts that should not have been saved, and says so if the last one is not
// the text at the end. One save too many is allowed for each process that was stopped, as that may
// have been just before its call.
func (h *history) wrongSaves(text string) (wrong []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	allowed := h.stops
	before := map[string]bool{}
	for i, s := range h.saves {
		if i > 0 && s.text == h.saves[i-1].text {
			if allowed--; allowed < 0 {
				wrong = append(wrong, fmt.Sprintf("save %d, %v, is the same as the one before, %v", i, s, h.saves[i-1]))
			}
			continue
		}
		words := map[string]bool{}
		for _, w := range wordPattern.FindAllString(s.text, -1) {
			words[w] = true
		}
		if old := h.older(before, words); old != "" {
			if allowed--; allowed >= 0 {
				continue // the one after it is compared with the one before it
			}
			wrong = append(wrong, fmt.Sprintf("save %d, %v, lacks %s, which the one before has, %v", i, s, old, h.saves[i-1]))
		}
		before = words
	}
	if n := len(h.saves); n == 0 || strings.TrimSpace(h.saves[n-1].text) != strings.TrimSpace(text) {
		wrong = append(wrong, fmt.Sprintf("the last draft is not the text: %v", lastOf(h.saves, 3)))
	}
	return wrong
}

// older returns a word that a save lacks though the one before has it and nobody has deleted it; ""
// if there is none. mu is held.
func (h *history) older(before, words map[string]bool) string {
	for w := range before {
		if known := h.words[w]; !words[w] && known != nil && !known.deleted && !known.gone {
			return w
		}
	}
	return ""
}
