package admin

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// RemarkHeader is the header of a document's answer that says what of the document is not in it,
// one for each remark, quoted as a string of Go.
const RemarkHeader = "Admin-Remark"

// currentVersion stands for the present document in the place of a version.
const currentVersion = "current"

// stored lists the rooms that the store has, loaded or not.
func (s *Server) stored(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	prefix, after := q.Text("prefix"), q.Text("after")
	limit := q.Number("limit", httpapi.PageLimit, 1, httpapi.MaxPageLimit)
	if err := q.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	rooms, more, err := s.cfg.Engine.StoredRooms(ctx, prefix, after, limit)
	page := api.StoredPage{Rooms: httpapi.Converted(rooms, storedOf)}
	switch {
	case errors.As(err, new(interface{ Damaged() })):
		page.Damage = err.Error()
	case err != nil:
		return explain(err)
	}
	if more {
		page.NextAfter = rooms[len(rooms)-1].Key
	}
	if !s.alone(r) {
		parts, silence := askOthers[api.StoredPage](s, r, call{
			get, "/v1/stored", r.URL.Query(), nil,
		})
		page = mergeStored(page, parts, limit)
		page.Silence = silence
	}
	return httpapi.Answer(w, http.StatusOK, page)
}

// mergeStored returns the first rooms that are stored, each once, as the first node that has it
// describes it: all nodes list those of Redis, and each those that only its own disk has.
func mergeStored(page api.StoredPage, parts []part[api.StoredPage], limit int) api.StoredPage {
	more := page.NextAfter != ""
	for _, part := range parts {
		page.Rooms = append(page.Rooms, part.value.Rooms...)
		more = more || part.value.NextAfter != ""
		page.Damage = cmp.Or(page.Damage, part.value.Damage)
	}
	slices.SortStableFunc(page.Rooms, func(a, b api.StoredRoom) int {
		return strings.Compare(a.Name, b.Name)
	})
	page.Rooms = slices.CompactFunc(page.Rooms, func(a, b api.StoredRoom) bool {
		return a.Name == b.Name
	})
	var next int
	page.Rooms, next = httpapi.Cut(page.Rooms, 0, limit)
	if page.NextAfter = ""; len(page.Rooms) > 0 && (more || next > 0) {
		page.NextAfter = page.Rooms[len(page.Rooms)-1].Name
	}
	return page
}

// versions lists the versions of a room that the store keeps.
func (s *Server) versions(w http.ResponseWriter, r *http.Request) error {
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		all, err := s.cfg.Engine.Versions(ctx, key)
		list := api.VersionList{Room: key.String(), Versions: httpapi.Converted(all, versionOf)}
		if !s.alone(r) {
			parts, silence := askOthers[api.VersionList](s, r, call{
				get, r.URL.EscapedPath(), nil, nil,
			})
			found := false
			list.Versions, found = s.mergeVersions(list.Versions, parts)
			if list.Silence = silence; found {
				err = nil
			}
		}
		if err != nil {
			return err
		}
		return httpapi.Answer(w, http.StatusOK, list)
	})
}

// mergeVersions returns the versions that nodes list, the oldest first, and whether another node
// knows the room. Those in Redis are listed by all nodes; one that a single node lists is on its
// disk.
func (s *Server) mergeVersions(mine []api.Version, parts []part[api.VersionList]) (
	all []api.Version, found bool,
) {
	type listed struct {
		node  string
		times int
	}
	seen := map[api.Version]listed{}
	add := func(node string, versions []api.Version) {
		for _, v := range versions {
			seen[v] = listed{node, seen[v].times + 1}
		}
	}
	add(s.node(), mine)
	for _, part := range parts {
		add(part.node.Name, part.value.Versions)
		found = found || part.problem == nil
	}
	all = []api.Version{}
	for v, by := range seen {
		if by.times == 1 {
			v.Node = by.node
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b api.Version) int {
		return cmp.Or(a.SavedAt.Compare(b.SavedAt), cmp.Compare(a.ID, b.ID),
			strings.Compare(a.Node, b.Node))
	})
	return all, found
}

// versionIn returns the version in the path, 0 if it is not the number of one.
func versionIn(r *http.Request) uint64 {
	id, err := strconv.ParseUint(r.PathValue("version"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// document answers with a version of a room, or with its present document. An answer counts as a
// stream while it is made, as documents are large.
func (s *Server) document(w http.ResponseWriter, r *http.Request) error {
	id, present := versionIn(r), r.PathValue("version") == currentVersion
	name, media, err := formatOf(httpapi.NewQuery(r), r)
	if err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		if id == 0 && !present {
			return engine.ErrNoVersion
		}
		release, err := s.takeStream(w, httpapi.AnswerTime)
		if err != nil {
			return err
		}
		defer release()
		d, err := s.cfg.Document(ctx, key, id, name)
		if err != nil {
			return err
		}
		s.did(r, "read version", slog.String("room", key.String()), slog.Uint64("version", id))
		d.write(w, media)
		return nil
	})
}

// write writes the document.
func (d *Document) write(w http.ResponseWriter, media string) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Length", strconv.Itoa(len(d.Body)))
	for _, remark := range d.Remarks {
		h.Add(RemarkHeader, strconv.QuoteToASCII(remark))
	}
	w.WriteHeader(http.StatusOK)
	httpapi.WriteAll(w, d.Body)
}
