package markdown_test

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// TestCostOfALine: what most lines are like is neither given to goldmark nor read again at the price of that. Whoever
// opens a large record waits for that.
func TestCostOfALine(t *testing.T) {
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
			if n := testing.AllocsPerRun(3, func() { markdown.Format(doc) }) / lines; n > 24 {
				t.Errorf("writing a line takes %.0f allocations", n)
			}
		})
	}
}
