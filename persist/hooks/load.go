package hooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// Format is the form of contents.
type Format string

// The formats.
const (
	Markdown Format = "markdown"
	Yjs      Format = "yjs"  // an update (V1) with the whole document
	JSON     Format = "json" // a document of ProseMirror
)

// types are the media types that answers of each format have. The first one is what docs name.
var types = map[Format][]string{
	Markdown: {"text/markdown", "text/plain"},
	Yjs:      {"application/octet-stream"},
	JSON:     {"application/json"},
}

// Content is the content of a document as the receiver has it.
type Content struct {
	Body     []byte
	Revision Revision
	Asked    time.Time // when the receiver was asked
}

// String returns the revision, and not the content.
func (c Content) String() string { return "hooks.Content{" + string(c.Revision) + "}" }

// GoString does the same for %#v.
func (c Content) GoString() string { return c.String() }

// loadRequest is the body of the call.
type loadRequest struct {
	Type   string `json:"type"`
	Room   string `json:"room"`
	Format Format `json:"format"`
}

// Load returns the content of a room's document. A content without a body is that of an empty
// document. The error is ErrNotFound if the receiver has no such document yet, and ErrGone if it
// was deleted.
func (c *Client) Load(ctx context.Context, room string, format Format) (Content, error) {
	body, err := httpcall.Encode(loadRequest{"load", room, format})
	if err != nil {
		return Content{}, err
	}
	asked := time.Now()
	r := request{hook: load, body: body, maxBody: c.cfg().MaxBody}
	a, err := c.call(ctx, r)
	if err != nil {
		return Content{}, err
	}
	switch a.Status {
	case http.StatusNoContent:
		a.Body = nil
	case http.StatusOK:
		if why := checkContent(a, format); why != nil {
			return Content{}, r.fail(ErrAnswer, a.Status, why)
		}
	default:
		return Content{}, r.fail(ErrAnswer, a.Status, errStatus)
	}
	return Content{a.Body, revisionOf(a.Header.Get("ETag"), a.Body), asked}, nil
}

var (
	errStatus = errors.New("the status is neither 200 nor 204")
	errUTF8   = errors.New("the text is not UTF-8")
)

// checkContent returns an error unless an answer says that it is of a format.
func checkContent(a httpcall.Answer, format Format) error {
	kind, wanted := mediaType(&a), types[format]
	for _, one := range wanted {
		if kind != one {
			continue
		}
		if format != Yjs && !utf8.Valid(a.Body) {
			return errUTF8
		}
		return nil
	}
	return fmt.Errorf("the Content-Type is not %s, which hooks.format: %s needs", wanted[0], format)
}
