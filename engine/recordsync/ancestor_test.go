package recordsync

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestEarlierTextsAreBounded shows that earlier texts are bounded in number and in bytes.
func TestEarlierTextsAreBounded(t *testing.T) {
	var earlier [][]byte
	for i := range 3 * maxEarlier {
		earlier = prepend([]byte{byte(i)}, earlier)
	}
	if len(earlier) != maxEarlier || earlier[0][0] != 3*maxEarlier-1 {
		t.Errorf("%d are kept, the newest is %d", len(earlier), earlier[0][0])
	}
	for range 3 {
		earlier = prepend(make([]byte, maxEarlierBytes/2), earlier)
	}
	if len(earlier) != 2 {
		t.Errorf("%d long ones are kept", len(earlier))
	}
	if earlier = prepend(make([]byte, maxEarlierBytes+1), earlier); len(earlier) != 1 {
		t.Errorf("%d are kept beside one that is too long", len(earlier))
	}
}

// TestLikeness goes back through random texts, and checks that the likeness to each equals that of
// a comparison with this text alone.
func TestLikeness(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 0))
	text := func() string {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteString([]string{"a b", "a c", "b", "", "c a b"}[r.IntN(5)] + strings.Repeat("\n",
				1+r.IntN(2)))
		}
		return b.String()
	}
	for range 3000 {
		theirs, newer := text(), text()
		l := likenessOf(theirs, newer)
		for range 4 {
			older := text()
			l.goBack(newer, older)
			newer = older
			alone := likenessOf(theirs, newer)
			if l.pairs.difference() != alone.pairs.difference() ||
				l.lines.difference() != alone.lines.difference() || l.most() != alone.most() {
				t.Fatalf("%q beside %q: %d and %d differ, want %d and %d", theirs, newer,
					l.lines.difference(), l.pairs.difference(), alone.lines.difference(),
					alone.pairs.difference())
			}
		}
		if same := likenessOf(theirs, theirs); same.pairs.difference() != 0 ||
			same.lines.difference() != 0 {
			t.Fatalf("%q differs from itself", theirs)
		}
	}
}
