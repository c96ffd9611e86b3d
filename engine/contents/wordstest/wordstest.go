// Package wordstest reads the words of documents in which tests write tokens, like "ann.17". All
// other words are in capitals, and all characters have one byte. It tells whether two words are
// joined because what was between them is deleted, or by a fault.
package wordstest

import (
	"regexp"
	"strings"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Token matches a token.
var Token = regexp.MustCompile(`[a-z]+\.\d+`)

// Unit is a character of a text, or a place where one was deleted.
type Unit struct {
	ID   yjs.ID
	Text string // empty: deleted
}

// Texts returns the texts of all paragraphs and headings in the fragment "default" of a document.
func Texts(state yjs.CheckedUpdate) (all [][]Unit, err error) {
	v, err := view.New(state)
	if err != nil {
		return nil, err
	}
	for block := range v.Root("default").Items() {
		if block.Deleted() {
			continue
		}
		for node := range block.Type().Items() {
			if !node.Deleted() {
				all = append(all, units(node.Type()))
			}
		}
	}
	return all, nil
}

func units(text view.Type) (list []Unit) {
	for it := range text.Items() {
		id, read := it.First(), ""
		if !it.Deleted() && it.Ref() == yjs.RefString {
			read = it.Text()
		}
		for i := range it.Len() {
			u := Unit{ID: yjs.ID{Client: id.Client, Clock: id.Clock + i}}
			if read != "" {
				u.Text = read[i : i+1]
			}
			list = append(list, u)
		}
	}
	return list
}

// Shown returns the text that units show.
func Shown(units []Unit) string {
	var b strings.Builder
	for _, u := range units {
		b.WriteString(u.Text)
	}
	return b.String()
}

// Reader reads the words of a document, and of those of its versions that are restored: words that
// are joined in these are joined again. Use New.
type Reader struct {
	bare map[string]bool // sides ("|a.1" or "a.1|") of words that had no space there
}

// New returns a Reader.
func New() *Reader { return &Reader{bare: map[string]bool{}} }

// Words returns the words of a document. Between two of them is a space, or something was deleted,
// or that was so on a side of one of them in a document that was read before. Words that are joined
// otherwise are returned as one, and of a word in which something was deleted the parts.
func (r *Reader) Words(state yjs.CheckedUpdate) (words []string, err error) {
	texts, err := Texts(state)
	for _, units := range texts {
		for _, word := range strings.Fields(marked(units)) {
			words = append(words, r.parts(word)...)
		}
	}
	return words, err
}

// marked returns a text with "|" where something was deleted.
func marked(units []Unit) string {
	var b strings.Builder
	for i, u := range units {
		if u.Text != "" && i > 0 && units[i-1].Text == "" {
			b.WriteByte('|')
		}
		b.WriteString(u.Text)
	}
	return b.String()
}

func (r *Reader) parts(word string) (words []string) {
	parts := strings.FieldsFunc(word, func(r rune) bool { return r == '|' })
	for i, part := range parts {
		list := r.apart(part)
		words = append(words, list...)
		if i > 0 {
			r.bare["|"+list[0]] = true
		}
		if i+1 < len(parts) {
			r.bare[list[len(list)-1]+"|"] = true
		}
	}
	return words
}

var wordForm = regexp.MustCompile(`[A-Z]+\.?|` + Token.String() + `\.?`)

// apart returns the words of a part in which nothing was deleted, or the part if that is no list of
// words that may be joined.
func (r *Reader) apart(part string) []string {
	words := wordForm.FindAllString(part, -1)
	if strings.Join(words, "") != part {
		return []string{part}
	}
	for i := range words {
		if words[i] = strings.Trim(words[i], "."); i == 0 {
			continue
		}
		left, right := words[i-1]+"|", "|"+words[i]
		if !r.bare[left] && !r.bare[right] {
			return []string{part}
		}
		r.bare[left], r.bare[right] = true, true
	}
	return words
}
