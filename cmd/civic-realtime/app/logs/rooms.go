package logs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// Rooms writes the names of rooms, or hashes in their place. The zero value writes names. It may be
// used by several goroutines at once.
type Rooms struct {
	key atomic.Pointer[[]byte] // of the hashes; nil: names are written
}

// Hash makes the names of rooms be hashed with a key from now on.
func (r *Rooms) Hash(key []byte) { r.key.Store(&key) }

// Show makes the names of rooms be written from now on.
func (r *Rooms) Show() { r.key.Store(nil) }

// Name returns the name of a room as it may be written: the name, or its hash, which is the same as
// long as the key is. Nobody without the key can find out whether a hash is that of a known name.
func (r *Rooms) Name(room string) string {
	key := r.key.Load()
	if key == nil || room == "" {
		return room
	}
	h := hmac.New(sha256.New, *key)
	h.Write([]byte(room))
	return "room-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// hides reports whether names are hashed.
func (r *Rooms) hides() bool { return r.key.Load() != nil }

// Redact replaces the name of a room, and the record's id in it, wherever they are words of a text,
// and names of other rooms where their form shows what they are. Without a room it replaces only
// the latter.
func (r *Rooms) Redact(text, room string) string {
	if !r.hides() {
		return text
	}
	text = named.ReplaceAllStringFunc(text, r.redactNamed)
	if room == "" {
		return text
	}
	hash := r.Name(room)
	text = replaceWord(text, room, hash)
	if _, id, ok := strings.Cut(room, ":"); ok {
		text = replaceWord(text, id, hash)
		text = replaceWord(text, url.PathEscape(id), hash)
	}
	return text
}

// named finds names of rooms by their form: in the path of a request, with the prefix of records,
// and in errors of the store.
var named = regexp.MustCompile(
	`/(?:rooms|records?)/[^\s"'?/;,)]+|\brecord:[^\s"'?/;,)]+|\broom "[^"]+"`)

// redactNamed replaces the name in a text that named has found.
func (r *Rooms) redactNamed(text string) string {
	quoted, isQuoted := strings.CutPrefix(text, `room "`)
	i := strings.LastIndexByte(text, '/')
	switch {
	case isQuoted:
		return `room "` + r.Name(strings.TrimSuffix(quoted, `"`)) + `"`
	case i < 0:
		return r.Name(text)
	}
	name, err := url.PathUnescape(text[i+1:])
	if err != nil {
		name = text[i+1:]
	}
	if !strings.HasPrefix(text, "/rooms/") {
		name = "record:" + name
	}
	return text[:i+1] + r.Name(name)
}

// replaceWord replaces word in text where no letter or digit is beside it.
func replaceWord(text, word, by string) string {
	var out strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 || word == "" {
			return out.String() + text
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if inWord(before) || inWord(after) {
			out.WriteString(text[:i+len(word)])
		} else {
			out.WriteString(text[:i] + by)
		}
		text = text[i+len(word):]
	}
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// roomOf returns the room in attributes, "" if there is none.
func roomOf(a slog.Attr) string {
	if a.Key == "room" && a.Value.Kind() == slog.KindString {
		return a.Value.String()
	}
	return ""
}

// redactAttr returns an attribute without the name of the room.
func (r *Rooms) redactAttr(a slog.Attr, room string) slog.Attr {
	switch v := a.Value.Resolve(); {
	case roomOf(a) != "":
		a.Value = slog.StringValue(r.Name(a.Value.String()))
	case v.Kind() == slog.KindString:
		a.Value = slog.StringValue(r.Redact(v.String(), room))
	case v.Kind() == slog.KindAny:
		if err, ok := v.Any().(error); ok {
			a.Value = slog.StringValue(r.Redact(err.Error(), room))
		}
	case v.Kind() == slog.KindGroup:
		var all []any
		for _, inner := range v.Group() {
			all = append(all, r.redactAttr(inner, room))
		}
		a = slog.Group(a.Key, all...)
	}
	return a
}
