package prose

import (
	"encoding/json"
	"maps"
)

// formats are the formatting attributes in force somewhere: their JSON by key. They are not changed
// once made.
type formats map[string]string

// What is in force is copied for each item that changes it, so it is bounded. A format
// beyond that is taken for none: more than editors have at one place, or than a link is long.
const (
	maxFormats     = 32
	maxFormatsSize = 16 << 10 // bytes, of JSON
)

// markCost is how many steps it takes to read, compare and write a byte of JSON in
// force at a text, which is done for each text anew.
const markCost = 2

// size is how long the JSON of what is in force is, in bytes.
func (f formats) size() (n int) {
	for _, value := range f {
		n += len(value)
	}
	return n
}

// fits reports whether another format can be in force.
func (f formats) fits(key, value string) bool {
	old, replaces := f[key]
	return f.size()-len(old)+len(value) <= maxFormatsSize && (replaces || len(f) < maxFormats)
}

// with is formats after an item that starts or ends one.
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

// values are the attributes' values.
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
