package bolt

import (
	"context"
	"log/slog"
	"slices"

	"github.com/civicpress/civic-realtime/persist"
)

// Damage lists what was found when the store was opened.
func (s *Store) Damage() []persist.Damage { return slices.Clone(s.damage) }

// report logs and counts what was found when the store was opened.
func (s *Store) report() {
	for _, d := range s.damage {
		level := slog.LevelError
		if d.Harmless {
			level = slog.LevelWarn
		}
		s.counters.damage.Add(1)
		s.log.Log(context.Background(), level, "damage found in the store",
			slog.String("room", d.Room), slog.Uint64("row", d.Seq), slog.String("reason", d.Reason))
	}
}
