package settings

import (
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// Value is the value of a key that counts.
type Value struct {
	Entry
	Path   yamlfile.Path
	Origin Origin
	Text   string // as yamlfile.Set reads it; empty: none, or hidden
	Secret bool   // the value is set, and hidden
	Hidden bool   // values of the key are hidden
	field  reflect.Value
}

// hidden takes the place of a secret in all outputs. Its length is that of no secret.
const hidden = "********"

// Effective returns the values of all keys in a copy of the struct, in its order. Keys that are not
// in the reference have no effect, and are left out unless they are set.
func (s *Settings) Effective(of any, reference []Entry) (all []Value) {
	entries := make(map[string]Entry)
	for _, e := range reference {
		entries[e.Key] = e
	}
	for _, path := range s.keys {
		e, documented := entries[path.String()]
		o := s.origins[path.String()]
		if !documented && o.From == Default {
			continue
		}
		e.Key = path.String()
		v := Value{Entry: e, Path: path, Origin: o, field: yamlfile.Field(of, path)}
		v.Text = yamlfile.Text(v.field)
		v.Hidden = isSecret(reflect.TypeOf(of).Elem(), path)
		switch {
		case v.Hidden: // without an origin it comes from the file of another key
			v.Text, v.Secret = "", o.From != Default && v.Text != ""
		case v.Text == "" && o.From == Default:
			v.Text = e.Default
		default:
			v.Text = withoutPassword(v.Text)
		}
		all = append(all, v)
	}
	return all
}

// isSecret reports whether the field of a key has the tag secret.
func isSecret(t reflect.Type, path yamlfile.Path) bool {
	for _, name := range path {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		for _, field := range reflect.VisibleFields(t) {
			if field.Tag.Get("yaml") != name {
				continue
			}
			if field.Tag.Get("secret") == "true" {
				return true
			}
			t = field.Type
			break
		}
	}
	return false
}

// userInfo is the part of an address with a password, also of one that is not valid.
var userInfo = regexp.MustCompile(`^([^/?#]*//[^/?#:@]*):[^/?#]*@`)

// withoutPassword hides the password in an address.
func withoutPassword(text string) string {
	if u, err := url.Parse(text); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			u.User = url.UserPassword(u.User.Username(), hidden)
			return strings.ReplaceAll(u.String(), url.QueryEscape(hidden), hidden)
		}
	}
	return userInfo.ReplaceAllString(text, "${1}:"+hidden+"@")
}

// yaml returns the value as YAML, in one line; "" if there is none.
func (v *Value) yaml() string {
	if v.Secret {
		return quoted(hidden)
	}
	kind := v.field.Type()
	if kind.Kind() == reflect.Pointer && kind.Elem().Kind() == reflect.String {
		if !v.field.IsNil() || v.Text != "" {
			return quoted(v.Text)
		}
	}
	if v.Text == "" {
		return ""
	}
	switch kind.Kind() {
	case reflect.Slice:
		parts := strings.Split(v.Text, ",")
		for i := range parts {
			parts[i] = quoted(parts[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		if strings.Contains(v.Text, "=") {
			return yamlMap(v.Text)
		}
	}
	return quoted(v.Text)
}

// mapOf returns the map that a text stands for, in the form that yamlfile.Set reads. A value
// without a key is the default.
func mapOf(text string) map[string]string {
	m := make(map[string]string)
	for part := range strings.SplitSeq(text, ",") {
		key, value, found := strings.Cut(part, "=")
		if !found {
			key, value = "default", part
		}
		m[key] = value
	}
	return m
}

// yamlMap returns the YAML of a map in the form that yamlfile.Set reads.
func yamlMap(text string) string {
	m := mapOf(text)
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, quoted(key)+": "+quoted(m[key]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./:@+-]*$`)

// quoted returns a text as a scalar of YAML.
func quoted(text string) string {
	switch {
	case strings.EqualFold(text, "null") || strings.HasSuffix(text, ":"):
	case plain.MatchString(text):
		return text
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }):
		return strconv.Quote(text)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
