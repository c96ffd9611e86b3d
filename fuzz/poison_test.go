package fuzz

import (
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestPoison damages what real clients sent, and adds what none would. What CheckUpdate still
// accepts, no Y.Doc may choke on: not one that has what was sent before, not an empty one, and not
// one that joins afterwards. And clients of Yjs 13 and 14 that get it live on: they pass it on,
// encode, read, type, delete and undo, and nothing gets lost.
func TestPoison(t *testing.T) {
	campaign{sessions: 40, play: playPoison}.run(t)
}

const mutantsPerSession = 60

func playPoison(p *player, seed uint64) (scenario, error) {
	s, err := session(p.worker, seed)
	if err != nil || len(s.Updates) == 0 {
		return s, err
	}
	if s, err = behind(p.worker, s, seed); err != nil {
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
	return p.decided(run(p.worker, s))
}

// behind is the session with its first part merged into one update, so that what comes then has
// something to hit.
func behind(w *worker, s scenario, seed uint64) (scenario, error) {
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
