// Package embedded serves files that are in the binary, such as the scripts of a page: as they are,
// or compressed for clients that take gzip.
//
// The files hold no secret, and nothing that depends on a request. Otherwise their length, when
// they are compressed, would give something away.
package embedded

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/civicpress/civic-realtime/transport/exposition"
)

// File is a file, as it is and compressed. It is immutable. Use New.
type File struct {
	media  string
	plain  form
	packed form // without a body if it would not be shorter
}

// form is a body, and its entity tag with the quotes.
type form struct {
	body []byte
	tag  string
}

// New returns a file of a media type. It keeps body.
func New(media string, body []byte) *File {
	sum := sha256.Sum256(append([]byte(media+"\n"), body...))
	tag := hex.EncodeToString(sum[:16])
	f := &File{media: media, plain: form{body, `"` + tag + `"`}}
	if packed := compress(body); len(packed) < len(body) {
		f.packed = form{packed, `"` + tag + `-gzip"`}
	}
	return f
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level exists
	_, _ = w.Write(body)                                  // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// Body returns the file as it is.
func (f *File) Body() []byte { return f.plain.body }

// Sent returns how many bytes are sent of the file to a client that takes gzip.
func (f *File) Sent() int {
	if f.packed.body == nil {
		return len(f.plain.body)
	}
	return len(f.packed.body)
}

// Serve answers a request, GET or HEAD, with the file. The browser keeps it, and asks each time
// whether it has changed: the page of one release never runs with the scripts of another. A range
// is one of the file as it is.
func (f *File) Serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", f.media)
	h.Set("Vary", "Accept-Encoding")
	send := f.plain
	if f.packed.body != nil && r.Header.Get("Range") == "" &&
		exposition.AcceptsGzip(r.Header.Values("Accept-Encoding")) {
		send = f.packed
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(send.body)))
	}
	h.Set("ETag", send.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(send.body))
}
