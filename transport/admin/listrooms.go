package admin

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// rooms lists loaded rooms. Rooms with the same value are in the order of their names, so that
// pages do not overlap unless values change.
func (s *Server) rooms(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	by := q.Word("sort", "name", "bytes", "peers", "rate")
	search := q.Text("search")
	if len(search) > roomkey.MaxName {
		q.Wrong("search", "must have at most "+strconv.Itoa(roomkey.MaxName)+" bytes")
	}
	pick := roomPicker{
		prefix: q.Text("prefix"), kind: q.Word("kind", "", "record", "document"),
		search: strings.ToLower(search), compare: orders[by],
	}
	offset, limit := pageOf(q, r)
	if err := q.Err(); err != nil {
		return err
	}
	pick.most = offset + limit
	s.cfg.Engine.EachRoom(pick.add)
	first := pick.sorted()
	if s.alone(r) {
		return httpapi.Answer(w, http.StatusOK, s.roomPage(first, offset, limit, pick.total))
	}
	mine := s.roomPage(first, 0, offset+limit, pick.total)
	return httpapi.Answer(w, http.StatusOK, s.allRooms(r, mine, by, offset, limit))
}

// roomPage returns a page of the rooms of this server; first are the first of them, in order, and
// total is how many there are.
func (s *Server) roomPage(first []*engine.RoomInfo, offset, limit, total int) api.RoomPage {
	part, _ := httpapi.Cut(first, offset, limit)
	page := api.RoomPage{Rooms: httpapi.Converted(part, roomOf), Total: total}
	if offset+limit < total {
		page.NextOffset = offset + limit
	}
	for i := range page.Rooms {
		page.Rooms[i].Node = s.node()
	}
	return page
}

// allRooms returns a page of the rooms of all nodes; all has those of this one up to that page.
// Each node is asked for the pages up to that one, as it may have all of their rooms.
func (s *Server) allRooms(
	r *http.Request, all api.RoomPage, by string, offset, limit int,
) api.RoomPage {
	values := r.URL.Query()
	values.Del("offset")
	values.Set("limit", strconv.Itoa(offset+limit))
	others, silence := answered(askOthers[api.RoomPage](
		s, r, call{get, "/v1/rooms", values, nil}))
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
