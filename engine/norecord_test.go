package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestNoRecordsNoSeedChecks shows that without Config.Records a room has no record, and that
// nothing checks for seeds then, which would panic with a nil *Record: not keystrokes, documents
// with another seed, updates that are denied or do not fit, loads or rechecks.
func TestNoRecordsNoSeedChecks(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 2000, ReadOnly: false}, func(w *world) {
		a, v := w.joinSynced("r"), w.joinSynced("r")
		v.become(Identity{ReadOnly: true})
		a.types(0, "typed")
		for _, text := range []string{"one seed", "another seed"} {
			tree, err := markdown.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			seed := markdown.Schema{}.Seed(tree)
			a.sends(protocol.Update, seed)
			v.sends(protocol.Update, seed)
		}
		a.types(5, strings.Repeat("x", 3000))
		v.types(0, "denied")
		pass(time.Minute)
		if got := markdownOf(t, v.conn.state()); got != "another seed\n\none seed" && got != "one seed\n\nanother seed" {
			t.Errorf("%q: the seeds are not merged as they are", got)
		}
		r := a.room
		if w.sync != nil || r.record != nil {
			t.Error("the room has a record")
		}
		if n := w.metric("realtime_unsaved_drafts") + w.metric("realtime_seed_rebases_total"); n != 0 {
			t.Errorf("%g are counted", n)
		}
		w.restart(Config{})
		if b := w.joinSynced("r"); b.room.record != nil || b.room.version == 0 {
			t.Error("after a restart the room has a record, or no document")
		}
	})
}
