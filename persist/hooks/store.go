package hooks

import (
	"context"
	"encoding/json"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// Document is a document that is to be stored.
type Document struct {
	Room    string
	Format  Format
	Content []byte
	Version uint64   // counts the updates of the document; a higher one is newer
	Since   Revision // that Content is based on
	Users   []string // ids of the users who have written since the last call; may be empty
}

// String returns the room, and not the content.
func (d Document) String() string { return "hooks.Document{" + d.Room + "}" }

// GoString does the same for %#v.
func (d Document) GoString() string { return d.String() }

// storeRequest is the body of the call. Content is a string, in base64 for an update, or the
// document of ProseMirror itself.
type storeRequest struct {
	Type     string   `json:"type"`
	Room     string   `json:"room"`
	Format   Format   `json:"format"`
	Version  uint64   `json:"version"`
	Revision *string  `json:"revision"` // the ETag of the answer that the content is based on; null: none
	Users    []string `json:"users"`
	Content  any      `json:"content"`
}

// Store stores a document, and returns its revision afterwards. The error is ErrConflict if the
// receiver has another revision by now, ErrNotFound or ErrGone if the document was deleted.
func (c *Client) Store(ctx context.Context, d Document) (Revision, error) {
	etag := d.Since.ETag()
	m := storeRequest{
		Type: "store", Room: d.Room, Format: d.Format, Version: d.Version,
		Users: append([]string{}, d.Users...),
	}
	if etag != "" {
		m.Revision = &etag
	}
	switch d.Format {
	case Yjs:
		m.Content = d.Content // encoding/json makes it base64
	case JSON:
		m.Content = json.RawMessage(d.Content)
	default:
		m.Content = string(d.Content)
	}
	body, err := httpcall.Encode(m)
	if err != nil {
		return "", err
	}
	a, err := c.call(ctx, request{hook: store, body: body, etag: etag, maxBody: maxStoreAnswer})
	if err != nil {
		return "", err
	}
	return revisionOf(a.Header.Get("ETag"), d.Content), nil
}

// maxStoreAnswer bounds the answer, which nothing is read from, in bytes.
const maxStoreAnswer = 64 << 10
