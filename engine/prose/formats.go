package prose

import (
	"encoding/json"
	"maps"
)

// formats are the formatting attributes in force at some place: their JSON by key. They are
// immutable.
type formats map[string]string

// maxFormats and maxFormatsSize bound the formats in force, which are copied for each item that
// changes them. An attribute beyond these limits, which no editor reaches, is ignored.
const (
	maxFormats     = 32
	maxFormatsSize = 16 << 10 // bytes, of JSON
)

// markCost is the number of steps for each byte of JSON in force at a text, as that JSON is read,
// compared and written for each text.
const markCost = 2

// size returns the length of the JSON, in bytes.
func (f formats) size() (n int) {
	for _, value := range f {
		n += len(value)
	}
	return n
}

// fits reports whether another format can be in force without exceeding the limits.
func (f formats) fits(key, value string) bool {
	old, replaces := f[key]
	return f.size()-len(old)+len(value) <= maxFormatsSize && (replaces || len(f) < maxFormats)
}

// with returns the formats after an item that starts an attribute, or ends it if value is null.
func (f formats) with(key, value string) formats {
	if _, ok := f[key]; !ok && value == "null" || value != "null" && !f.fits(key, value) {
		return f
	}
	out := maps.Clone(f)
	if out == nil {
		out = formats{}
	}
	if value == "null" {
		delete(out, key)
	} else {
		out[key] = value
	}
	return out
}

// values returns the attributes' values.
func (f formats) values() map[string]any {
	values := make(map[string]any, len(f))
	for key, text := range f {
		var value any
		if json.Unmarshal([]byte(text), &value) == nil {
			values[key] = value
		}
	}
	return values
}
