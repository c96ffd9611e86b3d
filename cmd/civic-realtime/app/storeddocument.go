package app

import (
	"cmp"
	"context"

	states "github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/transport/admin"
)

// documentOf returns the function that reads documents of rooms for the admin API, in the formats
// of the commands about snapshots.
func documentOf(e *engine.Engine, c Config) func(
	context.Context, roomkey.Key, uint64, string,
) (admin.Document, error) {
	steps := cmp.Or(uint64(c.Limits.IntegrationSteps), view.DefaultMaxSteps)
	return func(
		ctx context.Context, key roomkey.Key, id uint64, format string,
	) (d admin.Document, err error) {
		s, err := e.ReadVersion(ctx, key, id)
		if err != nil {
			return d, err
		}
		state := states.State{Snapshot: s, Steps: steps}
		in := states.Format(format)
		d.Body, d.Remarks, err = state.As(in, c.Schema(), c.SnapshotCompression())
		return d, err
	}
}

// treeOf returns the function that reads documents of rooms as trees for the admin API.
func treeOf(e *engine.Engine, c Config) func(
	context.Context, roomkey.Key, uint64, string, contents.TreeLimits,
) (contents.Tree, error) {
	steps := view.MaxSteps(uint64(c.Limits.IntegrationSteps))
	return func(
		ctx context.Context, key roomkey.Key, id uint64, root string, limits contents.TreeLimits,
	) (contents.Tree, error) {
		s, err := e.ReadVersion(ctx, key, id)
		if err != nil {
			return contents.Tree{}, err
		}
		return contents.TreeOf(yjs.Trust(s.State), c.Schema().Root(), root, limits, steps)
	}
}
