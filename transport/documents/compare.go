package documents

import (
	"context"
	"net/http"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/authorship"
	"github.com/civicpress/civic-realtime/transport/documents/renderings"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// versionIn returns a parameter that is the id of a version; 0, the present document, without it.
func versionIn(q *httpapi.Query, name string) uint64 {
	text := q.Text(name)
	id := parseVersion(text)
	if text != "" && id == 0 {
		q.Wrong(name, "must be the id of a version")
	}
	return id
}

// authors answers with the parts of a document, and who wrote each.
func (s *Server) authors(r *request) error {
	q := httpapi.NewQuery(r.Request)
	id := versionIn(q, "version")
	if err := q.Err(); err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		id, err := s.storeID(ctx, key, id)
		if err == nil {
			err = s.mustBePresent(ctx, key, id)
		}
		if err != nil {
			return err
		}
		answer := authorship.Authors{Room: key.String()}
		err = s.converting(ctx, r.now, func() error {
			all, err := s.cfg.Engine.Authors(ctx, key, id)
			answer.Parts = httpapi.Converted(all, authorship.PartOf)
			return err
		})
		if err != nil {
			return err
		}
		return httpapi.Answer(r.w, http.StatusOK, answer)
	})
}

// mustBePresent is mustExist if version is 0: that of the present document.
func (s *Server) mustBePresent(ctx context.Context, key roomkey.Key, version uint64) error {
	if version != 0 {
		return nil
	}
	return s.mustExist(ctx, key)
}

// compare answers with the differences between two versions, of which either may be the present
// document.
func (s *Server) compare(r *request) error {
	q := httpapi.NewQuery(r.Request)
	from, to := versionIn(q, "from"), versionIn(q, "to")
	if err := q.Err(); err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		to, err := s.storeID(ctx, key, to)
		if err == nil {
			err = s.mustBePresent(ctx, key, min(from, to))
		}
		if err != nil {
			return err
		}
		old, err := s.readAnywhere(ctx, r, key, from)
		if err != nil {
			return err
		}
		answer := authorship.Comparison{Room: key.String()}
		err = s.converting(ctx, r.now, func() error {
			all, err := s.cfg.Engine.Compare(ctx, key, old, to)
			answer.Changes = httpapi.Converted(all, authorship.ChangeOf)
			return err
		})
		if err != nil {
			return err
		}
		return httpapi.Answer(r.w, http.StatusOK, answer)
	})
}

// converting is convert for a function that returns no rendering.
func (s *Server) converting(ctx context.Context, now *current, f func() error) error {
	_, err := s.convert(ctx, now, func() (r renderings.Rendering, err error) { return r, f() })
	return err
}
