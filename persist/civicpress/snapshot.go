package civicpress

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Snapshot is a stored document. Its Blob is opaque.
type Snapshot struct {
	Blob    []byte
	Version uint64    // given by the server that saved it; below 2^53
	Saved   time.Time // zero if the API's answer has no time
}

// snapshotAnswer is a snapshot as the API writes it.
type snapshotAnswer struct {
	Snapshot *string     `json:"snapshot"`
	Version  json.Number `json:"version"`
	Saved    timestamp   `json:"timestamp"`
}

// LoadSnapshot returns the snapshot of a record. The error is ErrNoSnapshot if there is none, and
// ErrUnsupported if the API keeps none at all, which is cached for Config.UnsupportedTTL.
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

// SaveSnapshot replaces the snapshot of a record. If no answer comes it is unknown whether it was
// replaced. There is no second attempt, as a later snapshot may be on its way.
func (c *Client) SaveSnapshot(
	ctx context.Context, token, id string, blob []byte, version uint64,
) error {
	body, err := json.Marshal(map[string]any{
		"snapshot": base64.StdEncoding.EncodeToString(blob), "version": version,
	})
	if err != nil {
		return err
	}
	r := request{op: saveSnapshot, method: http.MethodPost, token: token, body: body}
	_, err = c.snapshot(ctx, r, id)
	return err
}

// snapshot makes a call, unless the API is known not to have the route.
func (c *Client) snapshot(ctx context.Context, r request, id string) (json.RawMessage, error) {
	if !validID(id) {
		return nil, r.op.fail(ErrNotFound)
	}
	if int64(time.Since(c.began)) < c.unsupported.Load() {
		return nil, r.op.fail(ErrUnsupported)
	}
	r.path = "/records/" + url.PathEscape(id) + "/collab-snapshot"
	data, err := c.call(ctx, r)
	if e, ok := err.(*Error); ok && e.Kind == ErrUnsupported {
		c.unsupported.Store(int64(time.Since(c.began) + c.cfg().UnsupportedTTL))
	}
	return data, err
}
