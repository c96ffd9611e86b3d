package httpapi

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Acceptable fails if the client has said that it takes no answers of any of the media types.
func Acceptable(r *http.Request, produces ...string) error {
	if Preferred(r, produces...) >= 0 {
		return nil
	}
	return Problem(http.StatusNotAcceptable, api.NotAcceptable,
		"the answer would be "+strings.Join(produces, " or "))
}

// Preferred returns the index of the media type that the client prefers, of several the first; -1
// if it takes none of them.
func Preferred(r *http.Request, produces ...string) (index int) {
	index = -1
	best := 0.0
	for i, media := range produces {
		if q := quality(r.Header.Values("Accept"), media); q > best {
			index, best = i, q
		}
	}
	return index
}

// quality returns the weight that the lines of a header Accept give a media type, which is that of
// the most specific of their ranges (RFC 9110, 12.5.1); 0 if they do not admit it. Without a line
// all have 1.
func quality(lines []string, media string) (q float64) {
	if len(lines) == 0 {
		return 1
	}
	general, _, _ := strings.Cut(media, "/")
	ranges := []string{"*/*", general + "/*", media}
	found := -1
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		one, params, err := mime.ParseMediaType(part)
		if at := slices.Index(ranges, one); err == nil && at > found {
			found, q = at, weight(params["q"])
		}
	}
	return q
}

// weight returns the weight that a parameter q stands for.
func weight(text string) float64 {
	if text == "" {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// Format is a form in which a route answers.
type Format struct{ Name, Media string }

// FormatOf returns the format that a request asks for by its parameter or, without that, by Accept:
// of those that the client prefers the first.
func FormatOf(q *Query, r *http.Request, formats []Format) (f Format, err error) {
	names, media := []string{""}, []string{}
	for _, f := range formats {
		names, media = append(names, f.Name), append(media, f.Media)
	}
	name := q.Word("format", names...)
	if err := q.Err(); err != nil {
		return f, err
	}
	if i := slices.Index(names[1:], name); i >= 0 {
		return formats[i], Acceptable(r, media[i])
	}
	if i := Preferred(r, media...); i >= 0 {
		return formats[i], nil
	}
	return f, Acceptable(r, media...)
}
