package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/transport/admin"
)

// store has the methods of a backend that are used here.
type store interface {
	engine.Store
	io.Closer
	Rooms(context.Context) ([]persist.Room, error)
	SetRetention(persist.Retention)
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
	return bolt.Config{Async: c.Durability == "async", Retention: c.retention()}
}

// retention returns which versions of rooms are kept.
func (c *Config) retention() persist.Retention {
	return persist.Retention{
		Versions:        int(c.Snapshots.Versions),
		VersionInterval: time.Duration(c.Snapshots.VersionInterval),
		NoAutomatic:     c.snapshotsOff(),
		MaxAge:          time.Duration(c.Snapshots.VersionsMaxAge),
		Bytes:           int64(c.Snapshots.VersionsBytes),
		Named:           int(c.Snapshots.VersionsNamed),
	}
}

// Directory returns the absolute path of the data directory.
func (c *Config) Directory() (string, error) { return filepath.Abs(c.DataDir) }

// OpenStore opens the store of a stopped server, and fails if there is none.
func (c *Config) OpenStore() (*bolt.Store, error) {
	dir, err := c.Directory()
	if err != nil {
		return nil, err
	}
	cfg := c.bolt()
	cfg.Async, cfg.Existing = false, true
	return bolt.Open(dir, cfg)
}

// ErrSeveralNodes is returned by MakeStore for a configuration of one of several nodes.
var ErrSeveralNodes = errors.New("redis.enabled: the rooms are in Redis, where no command writes them")

// MakeStore opens the store of a stopped server that is alone, and makes it if there is none.
func (c *Config) MakeStore() (*bolt.Store, error) {
	if c.Redis.Enabled {
		return nil, ErrSeveralNodes
	}
	dir, err := c.Directory()
	if err != nil {
		return nil, err
	}
	cfg := c.bolt()
	cfg.Async = false
	return bolt.Open(dir, cfg)
}

// AcceptStore opens a store that OpenStore fails to open: it leaves damaged parts out, and keeps
// them under other names.
func (c *Config) AcceptStore() (*bolt.Store, error) {
	dir, err := c.Directory()
	if err != nil {
		return nil, err
	}
	if _, err := bolt.Inspect(dir); err != nil {
		return nil, err // a missing store is not created
	}
	cfg := c.bolt()
	cfg.Async, cfg.Accept = false, true
	return bolt.Open(dir, cfg)
}

// ofNode is the store of one of several nodes, which has one on its own disk.
type ofNode interface{ onDisk() *bolt.Store }

// backupOf returns a function that backs up a store, nil for one in memory.
func backupOf(st io.Closer) func(context.Context, io.Writer) error {
	if of, ok := st.(ofNode); ok {
		st = of.onDisk()
	}
	durable, ok := st.(*bolt.Store)
	if !ok {
		return nil
	}
	return func(ctx context.Context, w io.Writer) error {
		_, err := durable.Backup(ctx, w)
		if errors.Is(err, bolt.ErrBackupRunning) {
			return admin.ErrBackupRunning
		}
		return err
	}
}
