package contents

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/contents/wordstest"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/revert"
)

// session is a document in whose paragraphs people type tokens, to which programs add tokens by
// Markdown that is merged, and of which versions are restored, in a random order. All words but the
// tokens are in capitals.
type session struct {
	t        *testing.T
	seed     uint64
	rnd      *rand.Rand
	server   ydoc.Doc
	people   []*person
	programs []*program
	versions [][]byte
	next     int
	written  []string
	removed  map[string]bool // tokens that the last restoration with them has removed
	words    *wordstest.Reader
	log      []string
}

// person types. The updates of both ways are on their way for a while.
type person struct {
	name     string
	doc      ydoc.Doc
	next     yjs.ID
	sent     [][]byte
	incoming [][]byte
}

// program edits by the text that it has read last.
type program struct {
	name string
	base string
}

func newSession(t *testing.T, seed uint64) *session {
	s := &session{t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 4)), removed: map[string]bool{}, words: wordstest.New()}
	update, err := EditMarkdown(empty, markdown.Schema{}, "# DOCUMENT\n\nPEOPLE WRITE HERE\n\nPEOPLE WRITE HERE TOO")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"ann", "bob", "cas"} {
		s.people = append(s.people, &person{name: name, next: yjs.ID{Client: uint64(100 + i)}})
	}
	s.apply(update)
	s.programs = []*program{{name: "one"}, {name: "two"}, {name: "three"}}
	return s
}

func (s *session) logf(format string, a ...any) { s.log = append(s.log, fmt.Sprintf(format, a...)) }

// apply merges an update into the server's document, and sends it to all people.
func (s *session) apply(update []byte) {
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		s.t.Fatal(err)
	}
	if out := s.server.Apply(u); out.Missing || out.Refused != nil {
		s.t.Fatalf("%+v", out)
	}
	for _, p := range s.people {
		p.incoming = append(p.incoming, update)
	}
}

func (s *session) state() yjs.CheckedUpdate { return yjs.Trust(s.server.AppendState(nil)) }

func (s *session) markdown(state yjs.CheckedUpdate) string {
	text, err := Markdown(state, markdown.Schema{})
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s *session) token(name string) string {
	s.next++
	return fmt.Sprintf("%s.%d", name, s.next)
}

// step does one thing.
func (s *session) step(restores bool) {
	switch n := s.rnd.IntN(40); {
	case n < 14:
		s.typeToken(s.people[s.rnd.IntN(len(s.people))])
	case n < 30:
		s.deliver(s.people[s.rnd.IntN(len(s.people))])
	case n < 37:
		s.patch(s.programs[s.rnd.IntN(len(s.programs))])
	case n < 39:
		s.versions = append(s.versions, s.state().Bytes())
	case restores:
		s.restore()
	}
}

// deliver delivers the first update of one way.
func (s *session) deliver(p *person) {
	if s.rnd.IntN(2) == 0 && len(p.sent) > 0 {
		update := p.sent[0]
		p.sent = p.sent[1:]
		s.apply(update)
	} else if len(p.incoming) > 0 {
		p.doc.Apply(yjs.Trust(p.incoming[0]))
		p.incoming = p.incoming[1:]
	}
}

func (s *session) deliverSome() {
	for range s.rnd.IntN(8) {
		s.deliver(s.people[s.rnd.IntN(len(s.people))])
	}
}

func (s *session) texts(state yjs.CheckedUpdate) [][]wordstest.Unit {
	s.t.Helper()
	all, err := wordstest.Texts(state)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func (s *session) wordsOf(state yjs.CheckedUpdate) []string {
	s.t.Helper()
	words, err := s.words.Words(state)
	if err != nil {
		s.t.Fatal(err)
	}
	return words
}

// typeToken lets a person type a token with a space: before a space, or at the end of a paragraph,
// perhaps with another space, or behind a space. Between two spaces nobody writes.
func (s *session) typeToken(p *person) {
	var places []func() []byte
	token := s.token(p.name)
	for _, units := range s.texts(yjs.Trust(p.doc.AppendState(nil))) {
		if !strings.HasPrefix(wordstest.Shown(units), "PEOPLE") {
			continue
		}
		for i, u := range append(units, wordstest.Unit{Text: " "}) {
			if u.Text == " " && (i == 0 || !blankBefore(units, i)) {
				places = append(places, func() []byte { return p.insert(units, i, " "+token) })
			}
			if i == len(units) && !blankBefore(units, i) {
				places = append(places, func() []byte { return p.insert(units, i, " "+token+" ") })
			}
			if u.Text == " " && i < len(units) && !blankAfter(units, i) {
				places = append(places, func() []byte { return p.insert(units, i+1, token+" ") })
			}
		}
	}
	if len(places) == 0 {
		return
	}
	update := places[s.rnd.IntN(len(places))]()
	s.logf("%s types %s", p.name, token)
	p.doc.Apply(yjs.Trust(update))
	p.sent = append(p.sent, update)
	s.written = append(s.written, token)
}

func blankBefore(units []wordstest.Unit, at int) bool {
	return strings.HasSuffix(wordstest.Shown(units[:at]), " ")
}

func blankAfter(units []wordstest.Unit, at int) bool {
	return strings.HasPrefix(wordstest.Shown(units[at+1:]), " ")
}

// insert returns the update that inserts a text before a unit, behind the shown one before it.
func (p *person) insert(units []wordstest.Unit, at int, text string) []byte {
	left := at - 1
	for units[left].Text == "" {
		left--
	}
	u := lib0.AppendUvarint(lib0.AppendUvarint(nil, 1), 1)
	u = yjs.AppendID(u, p.next)
	head := byte(yjs.RefString | yjs.InfoOrigin)
	if left+1 < len(units) {
		head |= yjs.InfoRightOrigin
	}
	u = yjs.AppendID(append(u, head), units[left].ID)
	if left+1 < len(units) {
		u = yjs.AppendID(u, units[left+1].ID)
	}
	p.next.Clock += uint64(len(text))
	return append(lib0.AppendString(u, text), 0)
}

// patch lets a program read, or edit the text that it has read.
func (s *session) patch(p *program) {
	if p.base == "" || s.rnd.IntN(4) == 0 {
		p.base = s.markdown(s.state())
		return
	}
	base := p.base
	p.base = ""
	if list := wordstest.Token.FindAllString(base, -1); len(list) > 0 && s.rnd.IntN(5) == 0 {
		s.remove(base, list[s.rnd.IntN(len(list))])
		return
	}
	token := s.token(p.name)
	update, ok := s.merged(base, inBlocks(s.rnd, base, token))
	if !ok {
		return
	}
	if s.logf("writes %s", token); yjs.Trust(update).HasDeletes() {
		s.fail("the edit that writes %s deletes something", token)
	}
	s.checkWhole(token, update)
	s.applyLater(update)
	s.written = append(s.written, token)
}

// remove lets a program remove a token with a space, if it is in a paragraph in which people type.
func (s *session) remove(base, token string) {
	mine := strings.Replace(base, " "+token+" ", " ", 1)
	before := s.state()
	update, ok := s.merged(base, mine)
	if !ok || mine == base || update == nil {
		return
	}
	s.logf("removes %s", token)
	if gone := s.gone(before, update); gone != token+" " && gone != " "+token {
		s.fail("the edit that removes %q deletes %q", token, gone)
	}
	s.applyLater(update)
	s.removed[token] = true
}

// gone returns what an update deletes.
func (s *session) gone(before yjs.CheckedUpdate, update []byte) string {
	left := map[yjs.ID]bool{}
	for _, units := range s.texts(stateOf(s.t, before.Bytes(), update)) {
		for _, u := range units {
			left[u.ID] = u.Text != ""
		}
	}
	var b strings.Builder
	for _, units := range s.texts(before) {
		for _, u := range units {
			if !left[u.ID] {
				b.WriteString(u.Text)
			}
		}
	}
	return b.String()
}

// merged returns the update that merges a changed text into the document, false if that contradicts
// what others have done.
func (s *session) merged(base, mine string) (update []byte, ok bool) {
	now := s.state()
	to, conflicts := Merge(base, mine, s.markdown(now))
	if conflicts != nil {
		s.logf("conflict %q", conflicts)
		return nil, false
	}
	update, err := EditMarkdown(now, markdown.Schema{}, to)
	if err != nil {
		s.t.Fatal(err)
	}
	return update, true
}

// applyLater merges an update into the document as it is then, perhaps after people have typed.
func (s *session) applyLater(update []byte) {
	if s.rnd.IntN(3) == 0 {
		s.deliverSome()
	}
	s.apply(update)
}

// checkWhole checks that all characters of a token come from the update that adds it.
func (s *session) checkWhole(token string, update []byte) {
	var clients []uint64
	for section := range yjs.Trust(update).Sections() {
		clients = append(clients, section.Client)
	}
	for _, units := range s.texts(stateOf(s.t, s.state().Bytes(), update)) {
		units = slices.DeleteFunc(units, func(u wordstest.Unit) bool { return u.Text == "" })
		at := strings.Index(wordstest.Shown(units)+" ", token)
		if at < 0 {
			continue
		}
		for _, u := range units[at : at+len(token)] {
			if !slices.Contains(clients, u.ID.Client) {
				s.fail("%s is made of parts of another word: %q", token, wordstest.Shown(units))
			}
		}
	}
}

func inBlocks(rnd *rand.Rand, text, token string) string {
	blocks := strings.Split(text, "\n\n")
	at := rnd.IntN(len(blocks))
	if rnd.IntN(4) == 0 {
		return strings.Join(slices.Insert(blocks, at, "PARAGRAPH "+token+"."), "\n\n")
	}
	for !strings.HasPrefix(blocks[at], "PEOPLE") {
		at = (at + 1) % len(blocks)
	}
	words := strings.Split(strings.TrimSuffix(blocks[at], "\n"), " ")
	blocks[at] = strings.Join(slices.Insert(words, 1+rnd.IntN(len(words)), token), " ")
	return strings.Join(blocks, "\n\n")
}

func tokensOf(text string) map[string]bool {
	all := map[string]bool{}
	for _, token := range wordstest.Token.FindAllString(text, -1) {
		all[token] = true
	}
	return all
}

// restore restores one of the last versions.
func (s *session) restore() {
	if len(s.versions) == 0 {
		return
	}
	then := yjs.Trust(s.versions[len(s.versions)-1-s.rnd.IntN(min(3, len(s.versions)))])
	now := s.state()
	update, err := revert.Edit(now, then, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if update == nil {
		return
	}
	s.versions = append(s.versions, now.Bytes())
	s.wordsOf(then)
	before, after := tokensOf(s.markdown(now)), tokensOf(s.markdown(then))
	var gone, back []string
	for token := range before {
		if !after[token] {
			s.removed[token] = true
			gone = append(gone, token)
		}
	}
	for token := range after {
		if !before[token] {
			delete(s.removed, token)
			back = append(back, token)
		}
	}
	s.logf("restored: %v gone, %v back", gone, back)
	s.applyLater(update)
}

func (s *session) fail(format string, a ...any) {
	s.t.Helper()
	s.t.Fatalf("seed %d: %s\n%s\n%s", s.seed, fmt.Sprintf(format, a...), s.markdown(s.state()),
		strings.Join(s.log[max(0, len(s.log)-40):], "\n"))
}

// end delivers everything, and checks the document.
func (s *session) end() {
	for _, p := range s.people {
		for len(p.sent) > 0 {
			update := p.sent[0]
			p.sent = p.sent[1:]
			s.apply(update)
		}
	}
	for _, p := range s.people {
		for _, update := range p.incoming {
			p.doc.Apply(yjs.Trust(update))
		}
		if got, want := s.markdown(yjs.Trust(p.doc.AppendState(nil))), s.markdown(s.state()); got != want {
			s.fail("%s has %q instead of %q", p.name, got, want)
		}
	}
	times := map[string]int{}
	for _, word := range s.wordsOf(s.state()) {
		times[word]++
	}
	for _, token := range s.written {
		want := 1
		if s.removed[token] {
			want = 0
		}
		if times[token] != want {
			s.fail("%s is there %d times instead of %d", token, times[token], want)
		}
		delete(times, token)
	}
	for word := range times {
		if regexp.MustCompile("[a-z0-9]").MatchString(word) {
			s.fail("%q is a torn word", word)
		}
	}
}

// TestInterleavedEdits shows that, whatever the order of the edits of people, of programs and of
// restorations, each token that no restoration has removed is there once, with the space that it
// was written with: programs delete nothing, and write their tokens at no place inside of others.
// Only where a restoration removes a space beside which a person or program is just writing, two
// words are joined.
func TestInterleavedEdits(t *testing.T) {
	for seed := range uint64(150) {
		s := newSession(t, seed)
		for range 300 {
			s.step(seed%3 > 0)
		}
		s.end()
	}
}
