package persist_test

import (
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, storetest.Backend{New: func(_ *testing.T, keep persist.Retention) func() storetest.Store {
		return func() storetest.Store { return persist.NewMemoryWith(keep) }
	}})
}
