package logs

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// The areas of the program. Lines of no area are about the program as a whole.
const (
	Engine     = "engine"
	Transport  = "transport"
	Auth       = "auth"
	Store      = "store"
	CivicPress = "civicpress"
	Admin      = "admin"
	API        = "api"
	Redis      = "redis"
	Cluster    = "cluster"
	Webhooks   = "webhooks"
)

// Areas returns the names of all areas.
func Areas() []string {
	return []string{
		Engine, Transport, Auth, Store, CivicPress, Admin, API, Redis, Cluster, Webhooks,
	}
}

// rest is the key of the level of areas that have none of their own, and of lines of no area.
const rest = "default"

var names = []string{"debug", "info", "warn", "error"}

// Levels is the value of log.level: the level of each area, and of the rest. It is written as one
// level for all, or as a map from areas to levels.
type Levels map[string]string

// Parse sets levels from "info", or from "info,engine=debug" with levels of areas after commas. It
// returns the form of a valid value if text is none.
func (l *Levels) Parse(text string) (wants string) {
	m := make(map[string]string)
	for part := range strings.SplitSeq(text, ",") {
		area, level, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found {
			area, level = rest, area
		}
		m[area] = level
	}
	return l.ParseMap(m)
}

// ParseMap sets levels from a map.
func (l *Levels) ParseMap(m map[string]string) (wants string) {
	parsed := make(Levels, len(m))
	known := append(Areas(), rest)
	for area, level := range m {
		level = strings.ToLower(level)
		if !slices.Contains(known, area) {
			return "a level with an area of " + strings.Join(known, ", ") + suggest(area, known)
		}
		if !slices.Contains(names, level) {
			return "one of " + strings.Join(names, ", ") + suggest(level, names)
		}
		parsed[area] = level
	}
	*l = parsed
	return ""
}

func suggest(word string, known []string) string {
	if near := yamlfile.Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// String returns the levels in the form that Parse reads.
func (l Levels) String() string {
	if len(l) == 1 && l[rest] != "" {
		return l[rest]
	}
	var parts []string
	for _, area := range slices.Sorted(maps.Keys(l)) {
		parts = append(parts, area+"="+l[area])
	}
	return strings.Join(parts, ",")
}

// of returns the level of an area.
func (l Levels) of(area string) slog.Level {
	level := slog.LevelInfo
	for _, key := range []string{rest, area} {
		if text := l[key]; text != "" {
			_ = level.UnmarshalText([]byte(text)) // one of names
		}
	}
	return level
}
