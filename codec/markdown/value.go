package markdown

import (
	"encoding/json"
	"maps"
	"slices"
)

func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// JSON returns the value of a mark in a document: its attributes, of a link always both.
func (m Mark) JSON() string {
	if m.Name != Link {
		return "{}"
	}
	title := "null"
	if s, ok := m.Attrs["title"].(string); ok {
		title = jsonString(s)
	}
	return `{"href":` + jsonString(m.Attrs.str("href")) + `,"title":` + title + `}`
}

func jsonString(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
