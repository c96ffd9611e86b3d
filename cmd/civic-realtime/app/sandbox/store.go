package sandbox

import (
	"context"
	"sync/atomic"

	"github.com/civicpress/civic-realtime/engine"
)

// nowhere is an engine.Store that keeps nothing: a document lasts while its room is in memory.
type nowhere struct{ last atomic.Uint64 }

// Load implements engine.Store.
func (*nowhere) Load(context.Context, string) (snapshot []byte, journal [][]byte, err error) {
	return nil, nil, nil
}

// Append implements engine.Store.
func (n *nowhere) Append(_ context.Context, rows []engine.Row) error {
	for i := range rows {
		rows[i].Seq = n.last.Add(1)
	}
	return nil
}

// SaveSnapshot implements engine.Store.
func (*nowhere) SaveSnapshot(context.Context, string, []byte, uint64) error { return nil }
