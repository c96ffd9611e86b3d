package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// createVersion keeps the present document of a room as a version.
func (s *Server) createVersion(w http.ResponseWriter, r *http.Request) error {
	var named api.VersionName
	if err := httpapi.ReadBody(w, r, &named); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		v, err := s.cfg.Engine.CreateVersion(ctx, key, named.Name, engine.Author{ID: by(r)})
		if err != nil {
			return withoutVersions(err)
		}
		s.did(r, "create version", slog.String("room", key.String()), slog.Uint64("version", v.ID))
		return httpapi.Answer(w, http.StatusOK, versionOf(v))
	})
}

// renameVersion gives a version another name.
func (s *Server) renameVersion(w http.ResponseWriter, r *http.Request) error {
	var named api.VersionName
	if err := httpapi.ReadBody(w, r, &named); err != nil {
		return err
	}
	return s.changeVersion(r, "rename version", func(ctx context.Context, key roomkey.Key, id uint64) error {
		if err := s.cfg.Engine.RenameVersion(ctx, key, id, named.Name); err != nil {
			return err
		}
		renamed := api.Renamed{Room: key.String(), Version: id, Name: named.Name}
		return httpapi.Answer(w, http.StatusOK, renamed)
	})
}

// deleteVersion deletes a version.
func (s *Server) deleteVersion(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	return s.changeVersion(r, "delete version", func(ctx context.Context, key roomkey.Key, id uint64) error {
		if err := s.cfg.Engine.DeleteVersion(ctx, key, id); err != nil {
			return err
		}
		gone := api.VersionDeleted{Room: key.String(), Version: id, Deleted: true}
		return httpapi.Answer(w, http.StatusOK, gone)
	})
}

// changeVersion calls change with the version in the path, and logs that it has succeeded.
func (s *Server) changeVersion(
	r *http.Request, action string, change func(context.Context, roomkey.Key, uint64) error,
) error {
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		id := versionIn(r)
		if id == 0 {
			return engine.ErrNoVersion
		}
		if err := change(ctx, key, id); err != nil {
			return withoutVersions(s.onOtherDisk(r, id, err))
		}
		s.did(r, action, slog.String("room", key.String()), slog.Uint64("version", id))
		return nil
	})
}

// withoutVersions explains that a server keeps no versions.
func withoutVersions(err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		return httpapi.Problem(http.StatusConflict, api.Conflict, "this server keeps no versions")
	}
	return err
}

// onOtherDisk names the node on whose disk a version is that this one does not have.
func (s *Server) onOtherDisk(r *http.Request, id uint64, err error) error {
	if !errors.Is(err, engine.ErrNoVersion) || s.alone(r) {
		return err
	}
	path := "/v1/rooms/" + url.PathEscape(r.PathValue("room")) + "/versions"
	parts, _ := askOthers[api.VersionList](s, r, call{get, path, nil, nil})
	for _, part := range parts {
		for _, v := range part.value.Versions {
			if v.ID == id {
				return httpapi.Problem(http.StatusNotFound, api.VersionNotFound,
					"the version is on the disk of "+part.node.Name+": name that in "+NodeHeader)
			}
		}
	}
	return err
}

// deleteRoom deletes a document.
func (s *Server) deleteRoom(w http.ResponseWriter, r *http.Request) error {
	return s.changeDeletion(w, r, "delete document", true, s.cfg.Engine.Delete)
}

// undelete makes that a deleted document can be begun again.
func (s *Server) undelete(w http.ResponseWriter, r *http.Request) error {
	return s.changeDeletion(w, r, "undelete document", false, s.cfg.Engine.Undelete)
}

func (s *Server) changeDeletion(
	w http.ResponseWriter, r *http.Request, action string, deleted bool,
	do func(context.Context, roomkey.Key, engine.Author) error,
) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		if err := do(ctx, key, engine.Author{ID: by(r)}); err != nil {
			return err
		}
		s.did(r, action, slog.String("room", key.String()))
		return httpapi.Answer(w, http.StatusOK, api.Deleted{Room: key.String(), Deleted: deleted})
	})
}
