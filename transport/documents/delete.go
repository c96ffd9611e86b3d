package documents

import (
	"context"
	"net/http"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// delete deletes a document, with its versions. It stays deleted: clients that have it do not bring
// it back.
func (s *Server) delete(r *request) error {
	return s.tombstone(r, "delete", s.cfg.Engine.Delete)
}

// undelete makes that a document that was deleted can be begun again.
func (s *Server) undelete(r *request) error {
	return s.tombstone(r, "undelete", s.cfg.Engine.Undelete)
}

// tombstone calls f, which deletes a document or takes that back.
func (s *Server) tombstone(
	r *request, action string, f func(context.Context, roomkey.Key, engine.Author) error,
) error {
	by, err := r.by()
	if err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		if err := f(ctx, key, by); err != nil {
			return err
		}
		s.logAction(r, action)
		r.w.WriteHeader(http.StatusNoContent)
		return nil
	})
}
