package view

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// JSON returns the result of Yjs' toJSON for a type of the given kind, which counts for a root; the
// kind of other types is known. Maps and arrays become Go's, texts strings, and XML its markup.
// Beyond MaxSteps it panics (View.Spend).
func (t Type) JSON(kind byte) any {
	switch kind {
	case yjs.TypeMap, yjs.TypeXMLHook:
		entries := t.Entries()
		for k, v := range entries {
			entries[k] = plain(v)
		}
		return entries
	case yjs.TypeText:
		return t.String()
	case yjs.TypeXMLText, yjs.TypeXMLElement, yjs.TypeXMLFragment:
		return t.markup(kind)
	}
	values := t.Values()
	for i := range values {
		values[i] = plain(values[i])
	}
	return values
}

// plain replaces a type by its JSON.
func plain(value any) any {
	if t, ok := value.(Type); ok {
		return t.JSON(t.Kind())
	}
	return value
}

// markup returns the result of a fragment's, element's or text's toString in Yjs.
func (t Type) markup(kind byte) string {
	switch kind {
	case yjs.TypeXMLText:
		return t.textMarkup()
	case yjs.TypeXMLElement:
		name := "undefined" // the name of a root in Yjs
		if !t.IsRoot() {
			name = strings.ToLower(t.Name())
		}
		return "<" + name + markupAttributes(t.Entries()) + ">" +
			t.markup(yjs.TypeXMLFragment) + "</" + name + ">"
	}
	var b strings.Builder
	for _, child := range t.Values() {
		b.WriteString(jsString(child))
	}
	return b.String()
}

// textMarkup returns the markup of a text. For each attribute of a run there is an element around
// it, with the members of the attribute's value as attributes.
func (t Type) textMarkup() string {
	var b strings.Builder
	for _, op := range t.Delta() {
		names := sortedKeys(op.Attributes)
		for _, name := range names {
			tag := "<" + name + markupAttributes(members(op.Attributes[name])) + ">"
			t.v.Spend(len(tag) + len("</>") + len(name))
			b.WriteString(tag)
		}
		b.WriteString(jsString(op.Insert))
		for _, name := range slices.Backward(names) {
			b.WriteString("</" + name + ">")
		}
	}
	return b.String()
}

// members returns the members that JavaScript's for-in finds in a value; for strings and arrays
// these are the indices.
func members(value any) map[string]any {
	found := make(map[string]any)
	switch value := value.(type) {
	case map[string]any:
		return value
	case []any:
		for i := range value {
			found[strconv.Itoa(i)] = value[i]
		}
	case string:
		for i, unit := range utf16.Encode([]rune(value)) {
			found[strconv.Itoa(i)] = string(rune(unit))
		}
	}
	return found
}

func markupAttributes(values map[string]any) string {
	var b strings.Builder
	for _, key := range sortedKeys(values) {
		b.WriteString(" " + key + `="` + jsString(values[key]) + `"`)
	}
	return b.String()
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// jsString returns JavaScript's String(value).
func jsString(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case nil:
		return "null"
	case Undefined:
		return "undefined"
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return jsNumber(value)
	case BigInt:
		return strconv.FormatInt(int64(value), 10)
	case []any:
		return jsJoin(value)
	case Type:
		return value.jsString()
	}
	return "[object Object]"
}

func (t Type) jsString() string {
	switch t.Kind() {
	case yjs.TypeText:
		return t.String()
	case yjs.TypeXMLText, yjs.TypeXMLElement, yjs.TypeXMLFragment:
		return t.markup(t.Kind())
	}
	return "[object Object]"
}

func jsNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	text, _ := json.Marshal(f) // writes numbers as JavaScript does
	return string(text)
}

// jsJoin returns the String of an array: its members, with commas between them. null and undefined
// are empty.
func jsJoin(list []any) string {
	parts := make([]string, len(list))
	for i, value := range list {
		if _, undefined := value.(Undefined); value != nil && !undefined {
			parts[i] = jsString(value)
		}
	}
	return strings.Join(parts, ",")
}
