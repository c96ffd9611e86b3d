package standin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// query is the body of a call of any route.
type query struct {
	Type     string          `json:"type"`
	Room     string          `json:"room"`
	Token    string          `json:"token"`
	Address  string          `json:"address"`
	Format   string          `json:"format"`
	Revision *string         `json:"revision"`
	Users    []string        `json:"users"`
	Content  json.RawMessage `json:"content"`
}

func (s *Receiver) authorize(q query) reply {
	u, ok := s.users[q.Token]
	switch {
	case !ok:
		return refuse(http.StatusUnauthorized, "session over")
	case u.Rooms != nil && !slices.Contains(u.Rooms, q.Room):
		return refuse(http.StatusForbidden, "not your document")
	case s.gone[q.Room]:
		return refuse(http.StatusNotFound, "no such document")
	}
	answer := object{"user": object{"id": u.ID, "name": u.Name}, "access": u.Access}
	if u.Roles != nil {
		answer["roles"] = u.Roles
	}
	if !u.Expires.IsZero() {
		answer["expires_at"] = u.Expires.Format(time.RFC3339Nano)
	}
	if u.Cache != nil {
		answer["cache_seconds"] = *u.Cache
	}
	return jsonReply(http.StatusOK, answer)
}

func (s *Receiver) load(q query) reply {
	d, ok := s.docs[q.Room]
	switch {
	case s.gone[q.Room]:
		return refuse(http.StatusGone, "deleted")
	case !ok:
		return refuse(http.StatusNotFound, "no such document")
	}
	return s.withETag(d, reply{status: http.StatusOK, kind: d.Type, body: d.Body})
}

func (s *Receiver) store(q query) reply {
	d, ok := s.docs[q.Room]
	switch {
	case s.gone[q.Room]:
		return refuse(http.StatusGone, "deleted")
	case s.opt.NoETags:
	case !ok && q.Revision != nil:
		return refuse(http.StatusNotFound, "no such document")
	case ok && (q.Revision == nil || *q.Revision != d.ETag()):
		return refuse(http.StatusConflict, "changed meanwhile")
	}
	if err := d.set(q); err != nil {
		return refuse(http.StatusBadRequest, "content")
	}
	d.Version++
	d.Calls++
	d.Users = q.Users
	s.docs[q.Room] = d
	return s.withETag(d, reply{status: http.StatusNoContent})
}

// set sets the content of a document.
func (d *Document) set(q query) error {
	var text string
	switch q.Format {
	case "json":
		d.Type, d.Body = "application/json", string(q.Content)
		return nil
	case "yjs":
		err := json.Unmarshal(q.Content, &text)
		if err != nil {
			return err
		}
		update, err := base64.StdEncoding.DecodeString(text)
		d.Type, d.Body = "application/octet-stream", string(update)
		return err
	}
	err := json.Unmarshal(q.Content, &text)
	d.Type, d.Body = "text/markdown; charset=utf-8", text
	return err
}

func (s *Receiver) withETag(d Document, r reply) reply {
	if !s.opt.NoETags {
		r.etag = d.ETag()
	}
	return r
}
