package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// rooms lists loaded rooms. Rooms with the same value are in the order of their names, so that
// pages do not overlap unless values change.
func (s *Server) rooms(w http.ResponseWriter, r *http.Request) error {
	q := newQuery(r)
	by := q.word("sort", "name", "bytes", "peers", "rate")
	prefix, kind := q.text("prefix"), q.word("kind", "", "record", "document")
	offset, limit := pageOf(q)
	if err := q.err(); err != nil {
		return err
	}
	all := selected(s.cfg.Engine.Rooms(), prefix, kind)
	sortRooms(all, by)
	page := api.RoomPage{Total: len(all)}
	part, next := cut(all, offset, limit)
	page.Rooms, page.NextOffset = converted(part, roomOf), next
	return answer(w, http.StatusOK, page)
}

// selected returns the rooms of a kind whose names have a prefix; "" stands for any.
func selected(all []engine.RoomInfo, prefix, kind string) []*engine.RoomInfo {
	some := make([]*engine.RoomInfo, 0, len(all))
	for i := range all {
		r := &all[i]
		if strings.HasPrefix(r.Key.String(), prefix) && (kind == "" || kindOf(r.Key) == kind) {
			some = append(some, r)
		}
	}
	return some
}

func sortRooms(all []*engine.RoomInfo, by string) {
	compare := orders[by]
	slices.SortFunc(all, func(a, b *engine.RoomInfo) int {
		if c := compare(a, b); c != 0 {
			return c
		}
		return strings.Compare(a.Key.String(), b.Key.String())
	})
}
