package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/memory"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport"
)

// memoryConfig is the section "memory" of the file.
type memoryConfig struct {
	Limit  string         `yaml:"limit"`
	Warn   yamlfile.Count `yaml:"warn"`   // percent of the limit
	Refuse yamlfile.Count `yaml:"refuse"` // percent of the limit

	limit memory.Size
	meter *memory.Meter
}

// fit lowers defaults where the limit is low: what is kept only to save work, and messages that are
// received in part, must not fill a small container.
func (m *memoryConfig) fit(e *engine.Config, t *transport.Config) {
	limit, _ := m.meter.Limit()
	if limit == 0 {
		return
	}
	kept := int(min(engine.DefaultKeptBytes, limit/16))
	e.SnapshotKeptBytes = cmp.Or(e.SnapshotKeptBytes, kept)
	e.Drafts.KeptBytes = cmp.Or(e.Drafts.KeptBytes, kept)
	longest := engine.MessageBytes(cmp.Or(e.DocumentBytes, engine.DefaultDocumentBytes))
	unfinished := max(cmp.Or(t.FrameBytes, longest), int(limit/8))
	t.UnfinishedBytes = cmp.Or(t.UnfinishedBytes, min(transport.DefaultUnfinishedBytes, unfinished))
}

// read sets the defaults, and returns the errors of the section.
func (m *memoryConfig) read() (err error) {
	m.Warn = cmp.Or(m.Warn, memory.DefaultWarn)
	m.Refuse = cmp.Or(m.Refuse, memory.DefaultRefuse)
	if m.Warn > 100 || m.Refuse > 100 || m.Warn > m.Refuse {
		err = errors.New("memory: warn and refuse are percentages of the limit, and warn must not be above refuse")
	}
	if m.limit = (memory.Size{}); m.Limit != "" {
		size, bad := memory.ParseSize(m.Limit)
		if m.limit = size; bad != nil {
			err = errors.Join(err, fmt.Errorf("memory.limit: %w", bad))
		}
	}
	m.meter = memory.NewMeter(m.limit)
	return err
}

// watcher returns the watcher of the memory, nil if there is no limit, and passes the limit on to
// Go.
func (m *memoryConfig) watcher(e memory.Engine, log *slog.Logger) *memory.Watcher {
	limit, from := m.meter.Limit()
	if limit == 0 {
		return nil
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 100 * int64(m.Warn))
	}
	log.Info("memory is limited", slog.Int64("bytes", limit), slog.String("by", from))
	return memory.NewWatcher(memory.Config{
		Meter: m.meter, Engine: e, Warn: float64(m.Warn), Refuse: float64(m.Refuse), Log: log,
	})
}
