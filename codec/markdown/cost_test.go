package markdown_test

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// TestCostOfOrdinaryLine shows that an ordinary line is neither parsed by goldmark nor read again
// after it is written, which would delay each opening of a large record.
func TestCostOfOrdinaryLine(t *testing.T) {
	const lines = 1000
	for name, line := range map[string]string{
		"text":      "Dogs go on leads, and cats (see 4.2) do not!\n\n",
		"emphasis":  "Dogs go on *leads*, and **cats** do not.\n\n",
		"item":      "* Dogs go on leads.\n",
		"heading":   "## Dogs and cats\n\n",
		"not ASCII": "École: les chiens en laisse – toujours.\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(line, lines)
			doc := parse(t, text)
			if n := testing.AllocsPerRun(3, func() { parse(t, text) }) / lines; n > 14 {
				t.Errorf("reading a line takes %.0f allocations", n)
			}
			if n := testing.AllocsPerRun(3, func() { markdown.Format(doc) }) / lines; n > 8 {
				t.Errorf("writing a line takes %.0f allocations", n)
			}
		})
	}
}

// TestCostOfReescapedLine shows that a line that is not read as it is written takes a few times as
// long as others.
func TestCostOfReescapedLine(t *testing.T) {
	for name, piece := range map[string]string{"HTML": "a \\<b> c ", "entities": "AT\\&amp;T ", "underscores": "a\\_ b_c "} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(piece, 2000)
			doc := parse(t, text)
			plain := strings.ReplaceAll(text, `\`, "")
			read := testing.AllocsPerRun(2, func() { parse(t, text); parse(t, plain) })
			if n := testing.AllocsPerRun(2, func() { markdown.Format(doc) }); n > 4*read {
				t.Errorf("%.0f allocations, %.0f to read it", n, read)
			}
		})
	}
}
