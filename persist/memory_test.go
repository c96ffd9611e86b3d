package persist_test

import (
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, storetest.Backend{New: func(*testing.T) func() storetest.Store {
		return func() storetest.Store { return persist.NewMemory() }
	}})
}
