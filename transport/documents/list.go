package documents

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Entry is a document in a list.
type Entry struct {
	Room      string     `json:"room"`
	Kind      string     `json:"kind"`               // record, document
	SavedAt   *time.Time `json:"saved_at,omitempty"` // of the last snapshot; absent: there is none
	Versions  int        `json:"versions"`           // that are kept
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// Page is the answer of GET /v1/documents.
type Page struct {
	Documents []Entry `json:"documents"`
	NextAfter string  `json:"next_after,omitempty"` // absent on the last page
}

func entryOf(room engine.StoredRoom) Entry {
	e := Entry{
		Room: room.Key, Kind: "document", SavedAt: timeOf(room.Saved),
		Versions: room.Versions, ExpiresAt: timeOf(room.Expires),
	}
	if key, err := roomkey.Parse(room.Key); err == nil && key.Kind() == roomkey.Record {
		e.Kind = "record"
	}
	return e
}

// timeOf returns nil for the zero time, which is absent in JSON.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// list lists the documents that the store has, and that the caller may list.
func (s *Server) list(r *request) error {
	q := httpapi.NewQuery(r.Request)
	prefix, after := q.Text("prefix"), q.Text("after")
	limit := q.Number("limit", httpapi.PageLimit, 1, httpapi.MaxPageLimit)
	if err := q.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	page := Page{Documents: []Entry{}}
	for more := true; more && len(page.Documents) < limit; {
		var rooms []engine.StoredRoom
		var err error
		rooms, more, err = s.cfg.Engine.StoredRooms(ctx, prefix, after, httpapi.MaxPageLimit)
		if err != nil && !errors.As(err, new(interface{ Damaged() })) {
			return explain(err)
		}
		for i, room := range rooms {
			after = room.Key
			if room.Deleted.IsZero() && !room.Empty && r.caller.May(access.List, room.Key) {
				page.Documents = append(page.Documents, entryOf(room))
			}
			if len(page.Documents) == limit {
				if more || i < len(rooms)-1 {
					page.NextAfter = after
				}
				break
			}
		}
	}
	return httpapi.Answer(r.w, http.StatusOK, page)
}
