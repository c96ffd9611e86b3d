package httpapi

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Acceptable fails if the client has said that it takes no answers of any of the media types.
func Acceptable(r *http.Request, produces ...string) error {
	for _, media := range produces {
		if accepts(r.Header.Values("Accept"), media) {
			return nil
		}
	}
	return Problem(http.StatusNotAcceptable, api.NotAcceptable,
		"the answer would be "+strings.Join(produces, " or "))
}

// accepts reports whether the lines of a header Accept admit a media type. No line admits all.
func accepts(lines []string, media string) bool {
	if len(lines) == 0 {
		return true
	}
	general, _, _ := strings.Cut(media, "/")
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		one, params, err := mime.ParseMediaType(part)
		if err != nil || one != media && one != general+"/*" && one != "*/*" {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		if params["q"] == "" || err == nil && q > 0 {
			return true
		}
	}
	return false
}
