package documents

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/documents/renderings"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// room returns the key of the room in the path.
func (r *request) room() (roomkey.Key, error) {
	key, err := roomkey.Parse(r.PathValue("room"))
	if err != nil {
		return key, problem(http.StatusNotFound, DocumentNotFound,
			"a document is named like record:by-law-7")
	}
	return key, nil
}

// withRoom runs f for the room in the path.
func (r *request) withRoom(f func(context.Context, roomkey.Key) error) error {
	key, err := r.room()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	return explain(f(ctx, key))
}

// reading is what a request asks for.
type reading struct {
	form
	since yjs.StateVector // of a difference
	diff  bool            // a difference is asked for
}

// readingOf reads the parameters of a request.
func readingOf(r *request) (want reading, err error) {
	q := httpapi.NewQuery(r.Request)
	want.fragment = q.Text("fragment")
	since := q.Text("since")
	if since != "" {
		want.diff = true
		if want.since, err = stateVector(since); err != nil {
			q.Wrong("since", "must be a state vector of Yjs in base64")
		}
	}
	if want.format, err = formatOf(q, r.Request); err != nil {
		return want, err
	}
	if want.format == formatYjs && want.fragment != "" {
		return want, wrongParameter("fragment", "does not go with the format yjs")
	}
	if want.format != formatYjs && want.diff {
		return want, wrongParameter("since", "goes with the format yjs only")
	}
	return want, nil
}

// stateVector reads a state vector in base64, of either alphabet.
func stateVector(text string) (v yjs.StateVector, err error) {
	text = strings.NewReplacer("-", "+", "_", "/", " ", "+").Replace(strings.TrimRight(text, "="))
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return yjs.ParseStateVector(nil, b)
}

// read answers with a document.
func (s *Server) read(r *request) error {
	want, err := readingOf(r)
	if err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		body, t, err := s.document(ctx, r, key, want)
		if err != nil {
			return err
		}
		h := r.w.Header()
		h.Set("ETag", t.String())
		h.Set("Cache-Control", "private, no-cache")
		if body == nil {
			r.w.WriteHeader(http.StatusNotModified)
			return nil
		}
		writeDocument(r.w, mediaOf(want.format), body)
		return nil
	})
}

// writeDocument writes a document.
func writeDocument(w http.ResponseWriter, media string, body []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	httpapi.WriteAll(w, body)
}

// document returns a document and its tag. The document is nil if the client has it.
func (s *Server) document(
	ctx context.Context, r *request, key roomkey.Key, want reading,
) (body []byte, t tag, err error) {
	has := tagsIn(r.Header, ifNoneMatch)
	var text renderings.Rendering
	modified, cached := true, false
	needed := func(d engine.Document) bool {
		modified = !has.has(tagOf(d, want.format))
		if modified && want.format != formatYjs {
			text, cached = s.texts.Get(want.key(key, d))
		}
		return modified && !cached
	}
	d, err := s.cfg.Engine.ReadDocument(ctx, key, needed)
	if err != nil {
		return nil, t, err
	}
	t = tagOf(d, want.format)
	switch {
	case !modified:
		return nil, t, nil
	case want.diff:
		text, err = s.convert(ctx, r.now, func() (renderings.Rendering, error) {
			return difference(d.State, want.since)
		})
	case want.format == formatYjs:
		text.Body = d.State
	case !cached:
		text, err = s.rendered(ctx, r.now, want.key(key, d), want.form, d.State)
	}
	if text.Body == nil {
		text.Body = []byte{}
	}
	return text.Body, t, err
}
