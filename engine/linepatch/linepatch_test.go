package linepatch

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestLinePatch checks that patches make the text that they were made for, and how long they are.
func TestLinePatch(t *testing.T) {
	long := strings.Repeat("a line that is there often\n\n",
		100) + "one that is not\n\n" + strings.Repeat("another\n\n", 100)
	for name, c := range map[string]struct {
		from, to string
		most     int // bytes
	}{
		"nothing":        {"", "", 2},
		"from nothing":   {"", "a", 4},
		"to nothing":     {"a\n\nb", "", 2},
		"the same":       {long, long, 4},
		"a line inside":  {long, strings.Replace(long, "one that is not", "one that is", 1), 24},
		"a line moved":   {long, "another\n" + long, 16},
		"two far apart":  {long, "start\n" + long + "end", 32},
		"both exchanged": {"a\n\nb\n\nc\n\nd", "c\n\nd\n\na\n\nb", 24},
	} {
		t.Run(name, func(t *testing.T) {
			patch := Append(nil, c.from, c.to)
			if got, err := Apply(c.from, patch, len(c.to)); err != nil || got != c.to ||
				len(patch) > c.most {
				t.Errorf("%d bytes make %d of %d, want %d: %v", len(patch), len(got), len(c.from),
					len(c.to), err)
			}
		})
	}
}

// TestLinePatchOfRandomTexts checks patches between random texts that have many lines in common.
func TestLinePatchOfRandomTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(24, 0))
	text := func() string {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString(strings.Repeat("x", r.IntN(3)) + strings.Repeat("\n", r.IntN(3)))
		}
		return b.String()
	}
	for range 20_000 {
		from, to := text(), text()
		if got, err := Apply(from, Append(nil, from, to), len(to)); err != nil ||
			got != to {
			t.Fatalf("%q of %q became %q, %v", to, from, got, err)
		}
	}
}

// TestInvalidLinePatches checks that Apply refuses patches that are cut, do not fit the
// text, or make too long a text.
func TestInvalidLinePatches(t *testing.T) {
	for name, patch := range map[string]string{
		"text that is cut": "\x07ab", "an endless number": "\xff\xff\xff", "lines beyond the end": "\x08\x00", "a start beyond the end": "\x02\x07",
		"no start": "\x02", "too long": "\x04\x00\x04\x00\x04\x00\x04\x00", "an endless start": "\x02" + strings.Repeat("\xff", 9) + "\x01",
	} {
		if got, err := Apply("a\nb\nc", []byte(patch), 12); !errors.Is(err, ErrPatch) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
