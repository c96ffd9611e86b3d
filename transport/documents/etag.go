package documents

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
)

// tag is an entity tag: the incarnation and the version of a document, and a letter for the format.
// It stays the same over restarts.
type tag struct {
	incarnation, version uint64
	format               byte
}

func tagOf(d engine.Document, format string) tag {
	return tag{d.Incarnation, d.Version, format[0]}
}

// String returns the tag as headers have it.
func (t tag) String() string {
	return fmt.Sprintf(`"%x-%d-%c"`, t.incarnation, t.version, t.format)
}

// sameContent reports whether two tags are of the same document at the same version, in whatever
// format.
func (t tag) sameContent(o tag) bool {
	return t.incarnation == o.incarnation && t.version == o.version
}

// parseTag reads a tag. One that another program has made is none.
func parseTag(text string) (t tag, ok bool) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), `"`)
	inner, ends := strings.CutSuffix(inner, `"`)
	parts := strings.Split(inner, "-")
	if !ok || !ends || len(parts) != 3 || len(parts[2]) != 1 {
		return t, false
	}
	var err, wrong error
	t.incarnation, err = strconv.ParseUint(parts[0], 16, 64)
	t.version, wrong = strconv.ParseUint(parts[1], 10, 64)
	t.format = parts[2][0]
	return t, err == nil && wrong == nil
}

// tags are the tags in a header If-Match or If-None-Match.
type tags struct {
	any  bool // it is *
	list []tag
	set  bool // there is such a header
}

// tagsIn reads a header. Weak tags count like strong ones in If-None-Match only (RFC 9110, 13.1).
func tagsIn(h http.Header, name string) (t tags) {
	for _, line := range h.Values(name) {
		t.set = true
		for text := range strings.SplitSeq(line, ",") {
			text = strings.TrimSpace(text)
			if name == ifNoneMatch {
				text = strings.TrimPrefix(text, "W/")
			}
			if text == "*" {
				t.any = true
			} else if one, ok := parseTag(text); ok {
				t.list = append(t.list, one)
			}
		}
	}
	return t
}

const (
	ifMatch     = "If-Match"
	ifNoneMatch = "If-None-Match"
)

// has reports whether a tag is one of them.
func (t tags) has(one tag) bool {
	for _, o := range t.list {
		if o == one {
			return true
		}
	}
	return t.any
}

// hasContent reports whether one of them is of the same content as a tag.
func (t tags) hasContent(one tag) bool {
	for _, o := range t.list {
		if o.sameContent(one) {
			return true
		}
	}
	return t.any
}

// onBehalfOf is the header with the user for whom a program edits: the id and, behind ";name=", the
// name, both percent-encoded.
const onBehalfOf = "On-Behalf-Of"
