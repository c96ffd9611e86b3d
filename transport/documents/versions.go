package documents

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/authorship"
	"github.com/civicpress/civic-realtime/transport/documents/renderings"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// VersionName is the body of POST and PATCH of versions.
type VersionName struct {
	Name string `json:"name,omitempty"` // empty: none
}

// Restored is the answer of POST /v1/documents/{room}/versions/{version}/restore.
type Restored struct {
	Room    string `json:"room"`
	Version string `json:"version"`
	// Kept is the version with the document before; absent: nothing had to be changed.
	Kept string `json:"kept,omitempty"`
}

func (s *Server) versionOf(v engine.Version) Version {
	out := Version{
		ID: idOf(s.publicID(v)), Name: v.Name, CreatedAt: createdAt(v).UTC(),
		By: authorship.ByOf(v.By, v.ByName, v.For), Why: v.Why, Bytes: v.Size,
	}
	if v.RestoredFrom != 0 {
		out.RestoredFrom = idOf(v.RestoredFrom)
	}
	return out
}

// withVersion runs f for the room and the version in the path, with its id in the store.
func (s *Server) withVersion(
	r *request, f func(context.Context, roomkey.Key, uint64) error,
) error {
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		id, err := s.storeID(ctx, key, parseVersion(r.PathValue("version")))
		if err == nil && id == 0 {
			err = engine.ErrNoVersion
		}
		if err != nil {
			return err
		}
		return f(ctx, key, id)
	})
}

// versions lists the versions of a document.
func (s *Server) versions(r *request) error {
	q := httpapi.NewQuery(r.Request)
	after := q.Text("after")
	limit := q.Number("limit", httpapi.PageLimit, 1, httpapi.MaxPageLimit)
	if after != "" && parseVersion(after) == 0 {
		q.Wrong("after", "must be the id of a version")
	}
	if err := q.Err(); err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		found, err := s.cfg.Engine.Versions(ctx, key)
		if err != nil {
			return err
		}
		all, partial := httpapi.Converted(found, s.versionOf), false
		if s.cfg.Nodes != nil && !r.ofNode {
			all, partial = s.allVersions(ctx, r, all)
		}
		list := VersionList{Room: key.String(), Versions: []Version{}, Partial: partial}
		if len(all) == 0 {
			return s.atOwner(r, key.String(), r.Body, func() error {
				if err := s.mustBeThere(ctx, key); err != nil {
					return err
				}
				return httpapi.Answer(r.w, http.StatusOK, list)
			})
		}
		for _, v := range all {
			if parseVersion(v.ID) <= parseVersion(after) {
				continue
			}
			if len(list.Versions) == limit {
				list.NextAfter = list.Versions[limit-1].ID
				break
			}
			list.Versions = append(list.Versions, v)
		}
		return httpapi.Answer(r.w, http.StatusOK, list)
	})
}

// keep keeps the present document as a version.
func (s *Server) keep(r *request) error {
	var body VersionName
	if err := httpapi.ReadBody(r.w, r.Request, &body); err != nil {
		return err
	}
	by, err := r.by()
	if err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		v, err := s.cfg.Engine.CreateVersion(ctx, key, body.Name, by)
		if err != nil {
			return err
		}
		r.w.Header().Set("Location", r.URL.EscapedPath()+"/"+idOf(v.ID))
		return httpapi.Answer(r.w, http.StatusCreated, s.versionOf(v))
	})
}

// readVersion answers with the document of a version.
func (s *Server) readVersion(r *request) error {
	want, err := readingOf(r)
	if err != nil {
		return err
	}
	return s.withVersion(r, func(ctx context.Context, key roomkey.Key, id uint64) error {
		then, err := s.cfg.Engine.ReadVersion(ctx, key, id)
		if err != nil {
			return err
		}
		text, err := s.convert(ctx, r.now, func() (renderings.Rendering, error) {
			if want.diff {
				return difference(then.State, want.since)
			}
			return want.render(r.now, then.State)
		})
		if err != nil {
			return err
		}
		writeDocument(r.w, mediaOf(want.format), text.Body)
		return nil
	})
}

// rename gives a version another name.
func (s *Server) rename(r *request) error {
	var body VersionName
	if err := httpapi.ReadBody(r.w, r.Request, &body); err != nil {
		return err
	}
	return s.withVersion(r, func(ctx context.Context, key roomkey.Key, id uint64) error {
		if err := s.cfg.Engine.RenameVersion(ctx, key, id, body.Name); err != nil {
			return err
		}
		all, err := s.cfg.Engine.Versions(ctx, key)
		if err != nil {
			return err
		}
		for _, v := range all {
			if v.ID == id {
				return httpapi.Answer(r.w, http.StatusOK, s.versionOf(v))
			}
		}
		return engine.ErrNoVersion // it was deleted meanwhile
	})
}

// deleteVersion deletes a version.
func (s *Server) deleteVersion(r *request) error {
	return s.withVersion(r, func(ctx context.Context, key roomkey.Key, id uint64) error {
		if err := s.cfg.Engine.DeleteVersion(ctx, key, id); err != nil {
			return err
		}
		s.logAction(r, "delete version", slog.Uint64("version", id))
		r.w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

// restore gives the document the content of a version, by an edit that everybody sees.
func (s *Server) restore(r *request) error {
	if err := httpapi.ReadBody(r.w, r.Request, new(struct{})); err != nil {
		return err
	}
	by, err := r.by()
	if err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		id := parseVersion(r.PathValue("version"))
		kept, err := s.restoreVersion(ctx, r, key, id, by)
		if errors.Is(err, context.DeadlineExceeded) {
			return problem(http.StatusServiceUnavailable, api.Unavailable, "the room or the store "+
				"is busy; the version may be restored all the same, which the list of versions shows")
		}
		if err != nil {
			return err
		}
		s.logAction(r, "restore", slog.Uint64("version", id), slog.Uint64("kept", kept))
		s.metrics.edits[editRestore].Inc()
		done := Restored{Room: key.String(), Version: idOf(id)}
		if kept != 0 {
			done.Kept = idOf(kept)
		}
		return httpapi.Answer(r.w, http.StatusOK, done)
	})
}

// restoreVersion restores a version, wherever it is.
func (s *Server) restoreVersion(
	ctx context.Context, r *request, key roomkey.Key, id uint64, by engine.Author,
) (kept uint64, err error) {
	if s.cfg.Nodes != nil && id >= firstDiskID {
		return s.restoreDisk(ctx, r, key, id, by)
	}
	if id, err = s.storeID(ctx, key, id); err == nil && id == 0 {
		err = engine.ErrNoVersion
	}
	if err != nil {
		return 0, err
	}
	return s.cfg.Engine.RestoreVersionAs(ctx, key, id, by)
}
