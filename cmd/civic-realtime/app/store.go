package app

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// store is a backend.
type store interface {
	engine.Store
	io.Closer
	Rooms(context.Context) ([]persist.Room, error)
}

// openStore opens the store of a server.
func openStore(c Config, dir string, log *slog.Logger) (store, error) {
	if !c.enabled() {
		return persist.NewMemory(), nil
	}
	cfg := c.bolt()
	cfg.Log = log
	return bolt.Open(dir, cfg)
}

func (c *Config) bolt() bolt.Config {
	return bolt.Config{Async: c.Durability == "async", Retention: persist.Retention{
		Versions:        int(c.Snapshot.Versions),
		VersionInterval: time.Duration(c.Snapshot.VersionInterval),
		NoAutomatic:     c.snapshotsOff(),
	}}
}

// Directory returns where the data is, as an absolute path.
func (c *Config) Directory() (string, error) { return filepath.Abs(c.DataDir) }

// OpenStore opens the store of a server that does not run, and never makes one.
func (c *Config) OpenStore() (*bolt.Store, error) {
	dir, err := c.Directory()
	if err != nil {
		return nil, err
	}
	cfg := c.bolt()
	cfg.Async, cfg.Existing = false, true
	return bolt.Open(dir, cfg)
}

// AcceptStore opens a store that does not open otherwise: damaged parts are left out, and kept
// under other names.
func (c *Config) AcceptStore() (*bolt.Store, error) {
	dir, err := c.Directory()
	if err != nil {
		return nil, err
	}
	if _, err := bolt.Inspect(dir); err != nil {
		return nil, err // there is none, and none is made
	}
	cfg := c.bolt()
	cfg.Async, cfg.Accept = false, true
	return bolt.Open(dir, cfg)
}
