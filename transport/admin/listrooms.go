package admin

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// rooms lists loaded rooms. Rooms with the same value are in the order of their names, so that
// pages do not overlap unless values change.
func (s *Server) rooms(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	by := q.Word("sort", "name", "bytes", "peers", "rate")
	prefix, kind := q.Text("prefix"), q.Word("kind", "", "record", "document")
	offset, limit := pageOf(q, r)
	if err := q.Err(); err != nil {
		return err
	}
	all := selected(s.cfg.Engine.Rooms(), prefix, kind)
	sortRooms(all, by)
	if !s.alone(r) {
		return httpapi.Answer(w, http.StatusOK, s.allRooms(r, all, by, offset, limit))
	}
	return httpapi.Answer(w, http.StatusOK, s.roomPage(all, offset, limit))
}

// roomPage returns a page of the rooms of this server.
func (s *Server) roomPage(all []*engine.RoomInfo, offset, limit int) api.RoomPage {
	part, next := httpapi.Cut(all, offset, limit)
	page := api.RoomPage{Rooms: httpapi.Converted(part, roomOf), Total: len(all), NextOffset: next}
	for i := range page.Rooms {
		page.Rooms[i].Node = s.node()
	}
	return page
}

// allRooms returns a page of the rooms of all nodes; mine are those of this one, in order. Each
// node is asked for the pages up to that one, as it may have all of their rooms.
func (s *Server) allRooms(
	r *http.Request, mine []*engine.RoomInfo, by string, offset, limit int,
) api.RoomPage {
	values := r.URL.Query()
	values.Del("offset")
	values.Set("limit", strconv.Itoa(offset+limit))
	all := s.roomPage(mine, 0, offset+limit)
	others, silence := askOthers[api.RoomPage](s, r, call{get, "/v1/rooms", values, nil})
	for _, other := range others {
		all.Rooms = append(all.Rooms, other.value.Rooms...)
		all.Total += other.value.Total
	}
	sortAnswers(all.Rooms, by)
	all.Rooms, _ = httpapi.Cut(all.Rooms, offset, limit)
	if all.NextOffset = offset + limit; all.NextOffset >= all.Total {
		all.NextOffset = 0
	}
	all.Silence = silence
	return all
}

// sortAnswers sorts the rooms of several nodes. A room may be on two of them for a moment.
func sortAnswers(all []api.Room, by string) {
	compare := orders[by]
	slices.SortFunc(all, func(a, b api.Room) int {
		return cmp.Or(compare(rankOfAnswer(&a), rankOfAnswer(&b)), strings.Compare(a.Name, b.Name),
			strings.Compare(a.Node, b.Node))
	})
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
		if c := compare(rankOf(a), rankOf(b)); c != 0 {
			return c
		}
		return strings.Compare(a.Key.String(), b.Key.String())
	})
}
