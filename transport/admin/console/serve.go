package console

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Serve answers with the file at a path below /console/, as it was escaped in the request. The
// browser keeps a file, and asks each time whether it has changed: the page of one release never
// runs with the scripts of another.
func (f *Files) Serve(w http.ResponseWriter, r *http.Request, below string) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return httpapi.Problem(http.StatusMethodNotAllowed, api.MethodNotAllowed,
			"this path allows GET, HEAD")
	}
	found := f.named(below)
	if found == nil {
		return httpapi.Problem(http.StatusNotFound, api.NotFound,
			"the console has no such file; it is at /console/")
	}
	h := w.Header()
	ProtectPage(h)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", found.media)
	h.Set("Vary", "Accept-Encoding")
	send := found.plain
	if found.packed.body != nil && takesGzip(r.Header.Values("Accept-Encoding")) {
		send = found.packed
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(send.body)))
	}
	h.Set("ETag", send.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(send.body))
	return nil
}

// takesGzip reports whether the lines of a header Accept-Encoding admit gzip (RFC 9110, 12.5.3).
func takesGzip(lines []string) (takes bool) {
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		coding, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		_, weight, given := strings.Cut(strings.ReplaceAll(params, " ", ""), "=")
		q, err := strconv.ParseFloat(weight, 64)
		takes = !given || err == nil && q > 0
	}
	return takes
}
