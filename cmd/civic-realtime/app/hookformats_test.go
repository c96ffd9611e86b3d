package app

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
)

// TestHookFormatIsChanged shows, for each pair of formats, that after hooks.format was changed, and
// data_dir was emptied, nobody is admitted to a document that the receiver still has in the former
// format, and nothing is stored; and that people go on with it once it is converted.
func TestHookFormatIsChanged(t *testing.T) {
	kinds := map[string]string{"markdown": "text/markdown", "json": "application/json", "yjs": "application/octet-stream"}
	converted := map[string]string{"markdown": "hello", "json": jsonOf("hello"), "yjs": string(yjsOf(90, "hello"))}
	for _, from := range slices.Sorted(maps.Keys(kinds)) {
		for _, to := range slices.Sorted(maps.Keys(kinds)) {
			if from == to {
				continue
			}
			t.Run(from+" to "+to, func(t *testing.T) {
				inHookBubble(t, ", attempts: 1, format: "+from, func(h *hooked) {
					ann := h.user(1, "ann", "minutes")
					ann.types("hello")
					time.Sleep(5 * time.Second)
					ann.leaves()
					h.stop()
					before, calls := h.content("minutes"), h.receiver.Count(standin.Store)
					mustHave(t, before, "hello")

					h.config.Hooks.Format, h.store = to, persist.NewMemory()
					h.start()
					bob := h.connect(2, "token-bob", "minutes")
					time.Sleep(20 * time.Second)
					if codes := bob.closes(); codes[4503] == 0 || len(codes) != 1 {
						t.Errorf("not converted: %v", codes)
					}
					if h.content("minutes") != before || h.receiver.Count(standin.Store) != calls {
						t.Errorf("%q was stored", h.content("minutes"))
					}

					h.receiver.Put("minutes", kinds[to], converted[to])
					time.Sleep(time.Minute)
					bob.types("more")
					time.Sleep(5 * time.Second)
					bob.leaves()
					after := h.content("minutes")
					mustHave(t, after, "hello", "more")
					if d, _ := h.receiver.Document("minutes"); !strings.HasPrefix(d.Type, kinds[to]) || strings.Count(after, "hello") != 1 {
						t.Errorf("%s: %q", d.Type, after)
					}
				})
			})
		}
	}
}
