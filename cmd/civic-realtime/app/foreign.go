package app

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// foreignKeys are those of CivicPress' files for which there is nothing here, and why.
// Whatever stands below them is not looked at.
var foreignKeys = map[string]string{
	"connection_cleanup":   "a connection on which nothing comes, not even the answer to a ping, is closed after 75 s",
	"redis.prefix":         "it is for servers that share rooms, which these cannot yet",
	"snapshots.intervalMs": "snapshots.interval says it, in seconds",
	"snapshots.storage":    "snapshots are kept in data_dir",
	"tls":                  "connections are not encrypted here, which is for the proxy in front",
}

// sweepKey occurs in several sections of CivicPress' files.
const sweepKey = "cleanupIntervalMs"

// foreign says why a key of CivicPress' has no effect, if it is one.
func foreign(path keyPath) string {
	if path[len(path)-1] == sweepKey {
		return "what is over is dropped when it is, and not at intervals"
	}
	name := path.String()
	if rest, ok := strings.CutPrefix(name, "snapshot."); ok {
		name = "snapshots." + rest
	}
	return foreignKeys[name]
}

// suggestion names the known key that was probably meant: one of the same section that
// is spelt nearly so, or one of the same name elsewhere.
func (r *fileReader) suggestion(path keyPath, fields map[string]int) string {
	name := path[len(path)-1]
	known := slices.Sorted(maps.Keys(fields))
	if len(path) == 1 && r.outer != "" {
		known = append(known, r.outer)
	}
	if near := nearest(name, known); near != "" {
		return "; did you mean \"" + near + "\"?"
	}
	for _, other := range allKeys(reflect.TypeFor[Config](), nil) {
		if plain(other[len(other)-1]) == plain(name) {
			return "; did you mean \"" + other.String() + "\"?"
		}
	}
	return ""
}

// nearest is the one of known that takes the fewest changes to become name; "" where
// that would be more than a third of it, and more than one.
func nearest(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	changes := func(k string) int { return distance(plain(name), plain(k)) }
	best := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(changes(a), changes(b)) })
	if changes(best) > max(1, len(name)/3) {
		return ""
	}
	return best
}

// plain is a key without what spellings differ in.
func plain(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
}

// distance counts the letters that are to be inserted, left out, replaced or swapped with
// their neighbour to make b of a (the optimal string alignment distance).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// allKeys are the paths of all keys of a struct, in their order there.
func allKeys(t reflect.Type, path keyPath) (all []keyPath) {
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			all = append(all, allKeys(inner, path.below(name))...)
		} else {
			all = append(all, path.below(name))
		}
	}
	return all
}
