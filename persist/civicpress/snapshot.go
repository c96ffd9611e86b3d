package civicpress

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Snapshot is a document as the API keeps it for us. Nothing looks inside.
type Snapshot struct {
	Blob    []byte
	Version uint64    // as it was saved with; below 2^53
	Saved   time.Time // zero if the API does not say
}

// snapshotAnswer is a Snapshot as the API writes it.
type snapshotAnswer struct {
	Snapshot *string     `json:"snapshot"`
	Version  json.Number `json:"version"`
	Saved    timestamp   `json:"timestamp"`
}

// LoadSnapshot returns the snapshot of a record. ErrNoSnapshot: there is none.
// ErrUnsupported: the API keeps none at all, which is remembered for
// Config.UnsupportedTTL; they belong into a store of our own then.
func (c *Client) LoadSnapshot(ctx context.Context, token, id string) (Snapshot, error) {
	r := request{op: loadSnapshot, method: http.MethodGet, token: token, idempotent: true}
	data, err := c.snapshot(ctx, r, id)
	if err != nil {
		return Snapshot{}, err
	}
	var s snapshotAnswer
	if err := r.decode(data, &s); err != nil {
		return Snapshot{}, err
	}
	version, err := s.Version.Int64()
	if err != nil || version < 0 || s.Snapshot == nil {
		return Snapshot{}, r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	blob, err := base64.StdEncoding.DecodeString(*s.Snapshot)
	if err != nil {
		return Snapshot{}, r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	return Snapshot{Blob: blob, Version: uint64(version), Saved: s.Saved.Time}, nil
}

// SaveSnapshot replaces the snapshot of a record. If no answer comes it is unknown
// whether that was done: it is not tried again, as a later one may be on its way.
func (c *Client) SaveSnapshot(ctx context.Context, token, id string, blob []byte, version uint64) error {
	body, err := json.Marshal(map[string]any{"snapshot": base64.StdEncoding.EncodeToString(blob), "version": version})
	if err != nil {
		return err
	}
	_, err = c.snapshot(ctx, request{op: saveSnapshot, method: http.MethodPost, token: token, body: body}, id)
	return err
}

// snapshot calls unless the API is known not to have the route.
func (c *Client) snapshot(ctx context.Context, r request, id string) (json.RawMessage, error) {
	if !validID(id) {
		return nil, r.fail(ErrNotFound, 0, nil)
	}
	if int64(time.Since(c.began)) < c.unsupported.Load() {
		return nil, r.fail(ErrUnsupported, 0, nil)
	}
	r.path = "/records/" + url.PathEscape(id) + "/collab-snapshot"
	data, err := c.call(ctx, r)
	if e, ok := err.(*Error); ok && e.Kind == ErrUnsupported {
		c.unsupported.Store(int64(time.Since(c.began) + c.cfg.UnsupportedTTL))
	}
	return data, err
}
