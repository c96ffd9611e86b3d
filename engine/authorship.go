package engine

import (
	"context"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc/compare"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Results of Authors and Compare.
type (
	Authored   = compare.Authored
	Difference = compare.Difference
)

// Authors returns the parts of the document of a version of a room or, with id 0, of its present
// one, in their order, with the users who wrote them. A room that is not loaded is read from the
// store. Its errors are those of ReadVersion, and view.ErrBudget if the document takes too many
// steps to read.
func (e *Engine) Authors(ctx context.Context, key roomkey.Key, id uint64) ([]Authored, error) {
	s, err := e.ReadVersion(ctx, key, id)
	if err != nil {
		return nil, err
	}
	steps := view.MaxSteps(e.cfg().IntegrationSteps)
	state := e.state(s)
	return compare.Read(state.Update, state.Authors, recordsync.IsOwnRoot, steps)
}

// Compare returns the differences between an older document of a room, which is not modified, and
// the one of a version, of which 0 is its present one: what makes the first become the second, and
// who did it, as the authors of the second say. Its errors are those of Authors.
func (e *Engine) Compare(
	ctx context.Context, key roomkey.Key, old snapshot.Snapshot, to uint64,
) ([]Difference, error) {
	new, err := e.ReadVersion(ctx, key, to)
	if err != nil {
		return nil, err
	}
	steps := e.cfg().IntegrationSteps
	return compare.Compare(e.state(old), e.state(new), recordsync.IsOwnRoot, steps)
}

// state returns a document with what is known of its authors.
func (e *Engine) state(s snapshot.Snapshot) compare.State {
	return compare.State{
		Update: yjs.Trust(s.State), Incarnation: s.Incarnation,
		Authors: stored.AuthorsOf(s.Authors, e.cfg().AuthorRuns),
	}
}
