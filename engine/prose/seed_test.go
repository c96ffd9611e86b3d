package prose

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// oldSeed returns a seed as releases before Provenance wrote it.
func oldSeed(t testing.TB, text string) yjs.CheckedUpdate {
	t.Helper()
	raw := seeded(t, text).Bytes()
	u := yjs.Trust(raw)
	r := u.Read()
	r.NextSection()
	structs, client := r.Structs.Left, r.Structs.Next
	start, end := r.Structs.Offset(), 0
	for s := (yjs.Struct{}); r.Structs.Read(&s); {
		end = s.Start
	}
	b := yjs.AppendID(lib0.AppendUvarint([]byte{1}, structs-1), client)
	return checked(t, append(append(b, raw[start:end]...), 0))
}

// seedClient returns the client id of the seed of a text.
func seedClient(t testing.TB, text string) uint64 {
	t.Helper()
	id, err := markdown.Schema{}.SeedClient(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestSeedsAreRecognised checks that seeds of many texts are recognised, with and without
// Provenance.
func TestSeedsAreRecognised(t *testing.T) {
	odd, r := texts.Odd(41, 200), rand.New(rand.NewPCG(42, 0))
	for range 100 {
		odd = append(odd, texts.Record(r))
	}
	for _, text := range odd {
		if len(parse(t, text).Content) == 0 {
			continue
		}
		id := seedClient(t, text)
		for form, seed := range map[string]yjs.CheckedUpdate{"with Provenance": seeded(t, text), "without": oldSeed(t, text)} {
			end, ok := seedEnd(docOf(seed), id)
			if want := docOf(oldSeed(t, text)).Clock(id); !ok || end != want {
				t.Fatalf("%s: %v, %d, want %d: %q", form, ok, end, want, text)
			}
		}
	}
}

// TestProvenanceAfterOtherContent shows that a Provenance after other content does not make its
// client a seed.
func TestProvenanceAfterOtherContent(t *testing.T) {
	room := seeded(t, "a\n\nb")
	s := markdown.Schema{}
	digest := markdown.DigestOf([]byte("anything"))
	l := rootOf(viewOf(t, room), s)
	for name, place := range map[string]markdown.Place{
		"beside a room's text": l.before(len(l.items)),
		"alone":                {Parent: s.InRoot()},
	} {
		w := s.NewWriter(digest.SeedClient())
		w.Nodes(&place, parse(t, "mine").Content)
		w.Provenance(digest)
		update := checked(t, lib0.AppendUvarint(w.AppendSections(nil), 0))
		both := merged(t, room.Bytes(), update.Bytes())
		if _, ok := seedEnd(docOf(both), digest.SeedClient()); ok {
			t.Errorf("%s: what is no seed's is taken for one", name)
		}
		got := text(t, rebased(t, room, both))
		if !strings.Contains(got, "mine") || !strings.Contains(got, "a\n\nb") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestRebaseSeedOldSeed rebases documents with a seed without Provenance. The seed gets one, so
// that it is still recognised in the documents of other clients after its text is deleted.
func TestRebaseSeedOldSeed(t *testing.T) {
	old := oldSeed(t, "one\n\ntwo\n\nthree")
	id := seedClient(t, "one\n\ntwo\n\nthree")
	for name, room := range map[string]yjs.CheckedUpdate{
		"another text": seeded(t, "one\n\ntwo\n\nthree\n\nfour"),
		"also old":     oldSeed(t, "one\n\ntwo\n\nthree\n\nfour"),
	} {
		first := editedBy(t, old, 3, "one\n\ntwo first\n\nthree")
		second := editedBy(t, old, 4, "one\n\ntwo\n\nthree second")
		if !hasForeignSeed(room, diffFor(t, room, first)) {
			t.Fatalf("%s: it is not known", name)
		}
		room = collected(t, rebased(t, room, diffFor(t, room, first)))
		got := Retired(docOf(room), markdown.Schema{})
		if len(got) != 2 || got[0].Client != id || got[1].Client != 3 {
			t.Errorf("%s: retired %v, want %d and 3", name, got, id)
		}
		if !hasForeignSeed(room, diffFor(t, room, second)) {
			t.Errorf("%s: the second is not known", name)
		}
		room = rebased(t, room, second)
		if got, want := text(t, room), "one\n\ntwo first\n\nthree second\n\nfour"; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestMissingProvenance shows that seeds of an earlier release get a Provenance, also if the room
// was edited, and that the text of the room stays.
func TestMissingProvenance(t *testing.T) {
	s := markdown.Schema{}
	for name, room := range map[string]yjs.CheckedUpdate{
		"untouched":  oldSeed(t, "one\n\ntwo"),
		"typed in":   editedBy(t, oldSeed(t, "one\n\ntwo"), 1<<33, "one more"),
		"everything": merged(t, oldSeed(t, "one\n\ntwo").Bytes(), oldSeed(t, "other").Bytes()),
	} {
		update := MissingProvenance(docOf(room), s)
		after := merged(t, room.Bytes(), checked(t, update).Bytes())
		seeds := 0
		for id := range docOf(after).Clients() {
			if _, ok := signedSeed(docOf(after), id); ok {
				seeds++
			}
		}
		if want := strings.Count(name, "everything") + 1; seeds != want ||
			text(t, after) != text(t, room) {
			t.Errorf("%s: %d seeds, %q", name, seeds, text(t, after))
		}
		if again := MissingProvenance(docOf(after), s); again != nil {
			t.Errorf("%s: more the second time", name)
		}
	}
	if got := MissingProvenance(docOf(directText(t, "mine")), s); got != nil {
		t.Errorf("of somebody's own page: %x", got)
	}
}

// TestSameTextOfBothForms shows that the document of a client that was seeded with the room's text
// by another release is not foreign.
func TestSameTextOfBothForms(t *testing.T) {
	const words = "one\n\n* two"
	for name, pair := range map[string][2]yjs.CheckedUpdate{
		"a newer room":   {seeded(t, words), oldSeed(t, words)},
		"a newer client": {oldSeed(t, words), seeded(t, words)},
	} {
		room, client := pair[0], editedBy(t, pair[1], 5, "one more\n\n* two")
		returning := diffFor(t, room, client)
		if hasForeignSeed(room, returning) {
			t.Errorf("%s: foreign", name)
		}
		if got := text(t, merged(t, room.Bytes(), returning.Bytes())); got != "one more\n\n* two" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestEditChoosesFreeClientID shows that an edit never has the client id of another client of the
// document.
func TestEditChoosesFreeClientID(t *testing.T) {
	state := seeded(t, "one\n\ntwo")
	want := "one and more\n\ntwo"
	taken := make(map[uint64]bool)
	for range 5 {
		update := edit(t, state, want)
		var id uint64
		for s := range yjs.Trust(update).Sections() {
			id = s.Client
		}
		if taken[id] {
			t.Fatalf("id %d is drawn again", id)
		}
		taken[id] = true
		s := markdown.Schema{}
		l := rootOf(viewOf(t, state), s)
		place := l.before(len(l.items))
		w := s.NewWriter(id)
		w.Nodes(&place, parse(t, "---").Content)
		state = merged(t, state.Bytes(), lib0.AppendUvarint(w.AppendSections(nil), 0))
		want += "\n\n---"
		after := merged(t, state.Bytes(), edit(t, state, want))
		if got := text(t, after); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
}

// TestOrdinaryUpdatesHaveNoForeignSeed shows that the first updates of clients with random ids are
// not foreign.
func TestOrdinaryUpdatesHaveNoForeignSeed(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 0))
	room := seeded(t, "a\n\nb")
	for range 200 {
		id := r.Uint64N(1 << (1 + r.IntN(53)))
		first := editedBy(t, room, id, "a\n\nb\n\nc")
		if hasForeignSeed(room, first) || hasForeignSeed(room, diffFor(t, room, first)) ||
			hasForeignSeed(seeded(t, "a"), writtenBy(t, first, id)) {
			t.Fatalf("client %d is taken for a seed", id)
		}
	}
}

// writtenBy returns the part of a state that one client wrote.
func writtenBy(t testing.TB, state yjs.CheckedUpdate, client uint64) yjs.CheckedUpdate {
	t.Helper()
	var have yjs.StateVector
	for s := range state.Sections() {
		if s.Client != client {
			have = append(have, yjs.ID{Client: s.Client, Clock: s.End})
		}
	}
	part := docOf(state).AppendDiff(nil, have)
	if bytes.Equal(part, state.Bytes()) {
		t.Fatal("nothing is left out")
	}
	return checked(t, part)
}

// TestHasForeignSeedSkipsKnownClients shows that no struct of a client that the room knows is read:
// the update in this test announces 100 structs, and has none.
func TestHasForeignSeedSkipsKnownClients(t *testing.T) {
	room := docOf(editedBy(t, seeded(t, "a\n\nb"), 1<<40, "a\n\nb\n\nc"))
	headless := yjs.Trust(yjs.AppendID(lib0.AppendUvarint([]byte{1}, 100),
		yjs.ID{Client: 1 << 40, Clock: room.Clock(1 << 40)}))
	if HasForeignSeed(room, nil, headless, true, markdown.Schema{}) {
		t.Error("foreign")
	}
}

// TestRebaseSeedDirectText shows that the edits of a returning client of Yjs 14, which writes text
// directly into paragraphs, are kept.
func TestRebaseSeedDirectText(t *testing.T) {
	s := markdown.Schema{}
	seed, room := seeded(t, "one\n\ntwo"), seeded(t, "one\n\ntwo and more")
	shared := func(state yjs.CheckedUpdate, client uint64, text string) yjs.CheckedUpdate {
		l := rootOf(viewOf(t, state), s)
		place := l.before(len(l.items))
		w := s.NewWriter(client)
		w.DirectText = true
		w.Nodes(&place, parse(t, text).Content)
		return merged(t, state.Bytes(), lib0.AppendUvarint(w.AppendSections(nil), 0))
	}
	first := shared(seed, 1<<45, "by the **first**\\\nin two lines")
	second := shared(first, 1<<46, "by the second")
	if !hasForeignSeed(room, diffFor(t, room, first)) {
		t.Fatal("the seed is not known")
	}
	room = rebased(t, room, diffFor(t, room, first))
	const want = "one\n\ntwo and more\n\nby the **first**\\\nin two lines"
	if got := text(t, room); got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	if room = rebased(t, room, second); text(t, room) != want+"\n\nby the second" {
		t.Errorf("%q after the second", text(t, room))
	}
}
