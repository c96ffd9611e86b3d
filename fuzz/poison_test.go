package fuzz

import (
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestPoison damages the updates of real clients, and adds updates that no client would write. No
// Y.Doc may throw on an update that CheckUpdate accepts: neither one that has the updates before,
// nor an empty one, nor one that joins afterwards. Clients of Yjs 13 and 14 that get the update
// must go on: they relay it, encode, read, type, delete and undo, and lose nothing.
func TestPoison(t *testing.T) {
	campaign{sessions: 40, play: playPoison}.run(t)
}

const mutantsPerSession = 60

func playPoison(p *player, seed uint64) (scenario, error) {
	s, err := session(p.worker, seed)
	if err != nil || len(s.Updates) == 0 {
		return s, err
	}
	if s, err = mergeStart(p.worker, s, seed); err != nil {
		return s, err
	}
	request := map[string]any{"op": "mutants", "seed": seed, "count": mutantsPerSession}
	mutants, err := p.Call(request, s.Updates[1:], new(struct{}))
	if err != nil {
		return s, err
	}
	p.count(mutants)
	for _, m := range mutants {
		s.Updates = [][]byte{s.Updates[0], m}
		if err := p.poison(s); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (p *player) poison(s scenario) error {
	if _, err := yjs.CheckUpdate(s.Updates[1]); err != nil {
		p.refused.Add(1)
		return nil
	}
	return p.countUndecided(run(p.worker, s))
}

// mergeStart returns the session with its first part merged into one update, so that damaged
// updates are applied to a document with content.
func mergeStart(w *worker, s scenario, seed uint64) (scenario, error) {
	n := 1 + int(seed)%len(s.Updates)
	merged, err := w.Call(map[string]any{"op": "merge"}, s.Updates[:n], new(struct{}))
	if err != nil {
		return s, err
	}
	s.Found = fmt.Sprintf("TestPoison, seed %d", seed)
	s.Hostile, s.Batch, s.Every = true, 1, 2
	s.Updates = append(merged, s.Updates[n-1:]...)
	return s, nil
}
