package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// restore gives the document of a room the content of a version.
func (s *Server) restore(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.ReadBody(w, r, new(struct{})); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		id := versionIn(r)
		if id == 0 {
			return engine.ErrNoVersion
		}
		kept, err := s.restoreFrom(ctx, r, key, id)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			return httpapi.Problem(http.StatusConflict, api.Conflict, "this server keeps no versions")
		case errors.Is(err, context.DeadlineExceeded):
			return httpapi.Problem(http.StatusServiceUnavailable, api.Unavailable, "the room or the store "+
				"is busy; the version may be restored all the same, which its list shows")
		case err != nil:
			return err
		}
		s.did(r, "restore", slog.String("room", key.String()), slog.Uint64("version", id),
			slog.Uint64("kept", kept))
		restored := api.Restored{Room: key.String(), Version: id, Kept: kept}
		return httpapi.Answer(w, http.StatusOK, restored)
	})
}

// restoreFrom restores a version of the node that the request names, or of this one.
func (s *Server) restoreFrom(
	ctx context.Context, r *http.Request, key roomkey.Key, id uint64,
) (kept uint64, err error) {
	address := ""
	if name := r.Header.Get(NodeHeader); name != "" {
		if address, err = s.addressOf(name); err != nil {
			return 0, err
		}
	}
	if address == "" {
		kept, err = s.cfg.Engine.RestoreVersion(ctx, key, id, engine.Author{ID: by(r)})
		return kept, s.onOtherDisk(r, id, err)
	}
	blob, err := s.versionAt(ctx, r, address, r.PathValue("version"))
	if err != nil {
		return 0, err
	}
	return s.cfg.Engine.RestoreSnapshot(ctx, key, blob, id, engine.Author{ID: by(r)})
}

// versionAt returns the snapshot of a version of the room that a request is about, which is on the
// disk of the node at an address, or the present document, as that node has it.
func (s *Server) versionAt(
	ctx context.Context, r *http.Request, address, version string,
) ([]byte, error) {
	out, err := call{method: get, path: "/v1/rooms/" + url.PathEscape(r.PathValue("room")) +
		"/versions/" + url.PathEscape(version)}.request(r)
	if err != nil {
		return nil, err
	}
	out.Header.Set("Accept", httpapi.SnapshotType)
	answer, err := s.cfg.Nodes.Call(ctx, address, out)
	if err != nil {
		return nil, s.silentNode(address, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		refusal := new(api.Problem)
		err := json.NewDecoder(io.LimitReader(answer.Body, httpapi.MaxBody)).Decode(refusal)
		if err != nil || refusal.Type == "" {
			return nil, s.silentNode(address, errors.New(answer.Status))
		}
		return nil, refusal
	}
	blob, err := io.ReadAll(io.LimitReader(answer.Body, maxPart))
	if err != nil {
		return nil, s.silentNode(address, err)
	}
	return blob, nil
}
