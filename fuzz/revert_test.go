package fuzz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/revert"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// TestRevert lets real clients edit, takes the state that the document had at a random moment, and
// gives its content back to the document by one edit. The document, and Yjs documents that merge
// the edit, then show what they showed at that moment.
func TestRevert(t *testing.T) {
	campaign{sessions: 150, play: playRevert}.run(t)
}

func playRevert(p *player, seed uint64) (scenario, error) {
	s, err := played(p.worker, "session", "TestRevert", seed)
	if err != nil || len(s.Updates) == 0 {
		return s, err
	}
	p.count(s.Updates)
	random := rand.New(rand.NewPCG(seed, 0))
	edit, err := reversion(s.Updates, random.IntN(len(s.Updates)), seed%2 == 0)
	if err != nil || edit == nil {
		return s, err
	}
	s.Updates = append(s.Updates, edit)
	return s, p.countUndecided(run(p.worker, s))
}

// reversion returns the edit after all updates that gives the document the content that it had
// after the first n, nil if there is none. Both states may have been compacted, as stored ones are.
func reversion(updates [][]byte, n int, compact bool) ([]byte, error) {
	then, err := stateOf(updates[:n], compact)
	if err != nil || then == nil {
		return nil, err
	}
	now, err := stateOf(updates, compact)
	if err != nil || now == nil {
		return nil, err
	}
	edit, err := revert.Edit(yjs.Trust(now), yjs.Trust(then), nil, view.MaxSteps(math.MaxUint64))
	if err != nil {
		return nil, &failure{Rule: "revert", Text: err.Error()}
	}
	want, err := readState(then)
	if err != nil {
		return nil, err
	}
	got, err := readState(now, edit)
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(got, want) {
		text := fmt.Sprintf("after %d of %d updates: %s, want %s", n, len(updates), got, want)
		return nil, &failure{Rule: "revert", Text: text}
	}
	again, err := revert.Edit(yjs.Trust(now), yjs.Trust(then), nil, view.MaxSteps(math.MaxUint64))
	if err != nil || !bytes.Equal(again, edit) {
		text := fmt.Sprintf("the same edit, made again, is another: %v", err)
		return nil, &failure{Rule: "revert", Text: text}
	}
	return edit, nil
}

// stateOf returns the state after updates, nil while some wait for others.
func stateOf(updates [][]byte, compact bool) ([]byte, error) {
	var d ydoc.Doc
	for _, b := range updates {
		if u, err := yjs.CheckUpdate(b); err == nil {
			d.Apply(u)
		}
	}
	if d.PendingSize() > 0 {
		return nil, nil
	}
	state := d.AppendState(nil)
	if !compact {
		return state, nil
	}
	v, err := view.New(yjs.Trust(state), view.MaxSteps(math.MaxUint64))
	if err != nil {
		return nil, err
	}
	return v.AppendCompacted(nil), nil
}

// readState returns what a document shows after updates.
func readState(updates ...[]byte) (read map[string]any, err error) {
	var d ydoc.Doc
	for _, b := range updates {
		if b == nil {
			continue
		}
		u, err := yjs.CheckUpdate(b)
		if err != nil {
			return nil, &failure{Rule: "revert", Text: "the edit is no update: " + err.Error()}
		}
		d.Apply(u)
	}
	b, err := readView(&d)
	if err != nil {
		return nil, err
	}
	var roots [][]any
	if err := json.Unmarshal(b, &roots); err != nil {
		return nil, err
	}
	read = map[string]any{}
	for _, root := range roots {
		read[root[0].(string)] = root[1:]
	}
	return read, nil
}
