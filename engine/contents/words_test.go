package contents

import (
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// unit is a character of a text, or a place where characters were deleted.
type unit struct {
	id   yjs.ID
	text string // empty: deleted
}

// textsOf returns the texts of all paragraphs and headings.
func textsOf(t *testing.T, state yjs.CheckedUpdate) (all [][]unit) {
	t.Helper()
	v, err := view.New(state)
	if err != nil {
		t.Fatal(err)
	}
	for block := range v.Root("default").Items() {
		if block.Deleted() {
			continue
		}
		for node := range block.Type().Items() {
			if !node.Deleted() {
				all = append(all, unitsOf(node.Type()))
			}
		}
	}
	return all
}

func unitsOf(text view.Type) (units []unit) {
	for it := range text.Items() {
		id, read := it.First(), ""
		if !it.Deleted() && it.Ref() == yjs.RefString {
			read = it.Text()
		}
		for i := range it.Len() {
			u := unit{id: yjs.ID{Client: id.Client, Clock: id.Clock + i}}
			if read != "" {
				u.text = read[i : i+1] // all are of one byte
			}
			units = append(units, u)
		}
	}
	return units
}

func shown(units []unit) string {
	var b strings.Builder
	for _, u := range units {
		b.WriteString(u.text)
	}
	return b.String()
}

// wordsOf returns the words of a text. Between two of them is a space, or something was deleted, or
// that was so on a side of one of them in a version that was restored.
func (s *session) wordsOf(units []unit) (words []string) {
	var b strings.Builder
	for i, u := range units {
		if u.text != "" && i > 0 && units[i-1].text == "" {
			b.WriteByte('|')
		}
		b.WriteString(u.text)
	}
	for _, word := range strings.Fields(b.String()) {
		parts := strings.FieldsFunc(word, func(r rune) bool { return r == '|' })
		for i, part := range parts {
			list := s.apart(part)
			words = append(words, list...)
			s.bare["|"+list[0]] = s.bare["|"+list[0]] || i > 0
			last := list[len(list)-1] + "|"
			s.bare[last] = s.bare[last] || i+1 < len(parts)
		}
	}
	return words
}

var wordForm = regexp.MustCompile(`[A-Z]+[,.]?|[a-z]+\.\d+\.?`)

// apart returns the words of a part of a text, or the part if it is torn.
func (s *session) apart(part string) []string {
	words := wordForm.FindAllString(part, -1)
	if strings.Join(words, "") != part {
		return []string{part}
	}
	for i := range words {
		words[i] = strings.Trim(words[i], ",.")
		if i == 0 {
			continue
		}
		left, right := words[i-1]+"|", "|"+words[i]
		if !s.bare[left] && !s.bare[right] {
			return []string{part}
		}
		s.bare[left], s.bare[right] = true, true
	}
	return words
}
