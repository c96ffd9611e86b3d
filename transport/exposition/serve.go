// Package exposition answers requests for metrics over HTTP.
package exposition

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// ContentType is that of the Prometheus text format.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// compressors are pooled, as one takes more memory than the answer.
var compressors = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return z
}}

// Serve answers a request for the metrics that write writes, in the Prometheus text format,
// compressed if the client asks for it.
func Serve(w http.ResponseWriter, r *http.Request, write func(io.Writer)) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	if !AcceptsGzip(r.Header.Values("Accept-Encoding")) {
		write(w)
		return
	}
	h.Set("Content-Encoding", "gzip")
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(w)
	write(z)
	_ = z.Close() // fails only if the client has gone
}

// AcceptsGzip reports whether the values of Accept-Encoding allow gzip (RFC 9110, 12.5.3).
func AcceptsGzip(values []string) bool {
	gzipped, any := -1.0, -1.0 // qualities; -1: not named
	for _, coding := range strings.Split(strings.Join(values, ","), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			gzipped = quality(parameters)
		case "*":
			any = quality(parameters)
		}
	}
	return gzipped > 0 || gzipped < 0 && any > 0
}

// quality returns the quality in the parameters of a coding; 1 if there is none, 0 if it is
// malformed.
func quality(parameters string) float64 {
	name, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}
