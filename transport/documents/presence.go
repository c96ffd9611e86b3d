package documents

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Presence is the body of PUT /v1/documents/{room}/presence.
type Presence struct {
	// User is the user who is shown, for a key; absent: the one of the key or token.
	User *User `json:"user,omitempty"`
	// Cursor is JSON that clients understand; absent: as before; null: there is none.
	Cursor json.RawMessage `json:"cursor,omitempty"`
	// TTLSeconds is how long the user is shown; absent: 30.
	TTLSeconds float64 `json:"ttl_seconds,omitempty"`
}

// Present is the answer of PUT /v1/documents/{room}/presence.
type Present struct {
	Room      string    `json:"room"`
	User      User      `json:"user"`
	ExpiresAt time.Time `json:"expires_at"`
}

const (
	// shownFor is how long a user is shown by default.
	shownFor = 30 * time.Second
	// maxShown is the longest time for which a user is shown.
	maxShown = time.Hour
)

// seconds returns a number of seconds in a member of a body as a duration, which is otherwise if it
// is 0, and at most most. What a token makes ends with it.
func (r *request) seconds(
	field string, n float64, otherwise, most time.Duration,
) (time.Duration, error) {
	if end := r.caller.Expires; !end.IsZero() {
		most = min(most, time.Until(end).Truncate(time.Second))
	}
	switch {
	case most < time.Second:
		return 0, httpapi.Invalid(api.FieldError{
			Field: field, Detail: "the token of the request ends before",
		})
	case n == 0:
		return min(otherwise, most), nil
	case n < 1 || n > most.Seconds() || math.IsNaN(n):
		return 0, httpapi.Invalid(api.FieldError{
			Field: field, Detail: "must be from 1 to " + httpapi.Number(most.Seconds()),
		})
	}
	return time.Duration(n * float64(time.Second)), nil
}

// userOf returns the user of a body, which only a key may name.
func (r *request) userOf(user *User) (User, error) {
	own := User{r.caller.UserID, r.caller.UserName}
	switch {
	case user == nil:
		return named(own), nil
	case !isUser(user.ID) || user.Name != "" && !isUser(user.Name):
		return own, httpapi.Invalid(api.FieldError{
			Field: "/user", Detail: "id and name have 1 to 255 bytes, without control characters",
		})
	case r.caller.IsUser() && named(*user) != named(own) && *user != (User{ID: own.ID}):
		return own, problem(http.StatusForbidden, Forbidden, "the token is of another user")
	case r.caller.IsUser():
		return named(own), nil
	}
	return named(*user), nil
}

// checkCursor refuses a cursor that the room would drop.
func (r *request) checkCursor(cursor json.RawMessage) error {
	detail := ""
	if len(cursor) > r.now.CursorBytes {
		detail = fmt.Sprintf("has more than %d bytes (limits.awareness_bytes)", r.now.CursorBytes)
	} else if _, err := jsontext.Check(cursorMessage(cursor)); cursor != nil && err != nil {
		detail = "is JSON that not all clients can read: " + err.Error()
	}
	if detail == "" {
		return nil
	}
	return httpapi.Invalid(api.FieldError{Field: "/cursor", Detail: detail})
}

// named returns a user with a name.
func named(u User) User {
	if u.Name == "" {
		u.Name = u.ID
	}
	return u
}

// present shows a user to the people in a room.
func (s *Server) present(r *request) error {
	var body Presence
	if err := httpapi.ReadBody(r.w, r.Request, &body); err != nil {
		return err
	}
	user, err := r.userOf(body.User)
	if err != nil {
		return err
	}
	ttl, err := r.seconds("/ttl_seconds", body.TTLSeconds, shownFor, maxShown)
	if err == nil {
		err = r.checkCursor(body.Cursor)
	}
	if err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		if err := s.mustBeThere(ctx, key); err != nil {
			return err
		}
		end, err := s.show(ctx, r, key, user, body.Cursor, ttl)
		if err != nil {
			return err
		}
		return httpapi.Answer(r.w, http.StatusOK, Present{key.String(), user, end.UTC()})
	})
}

// absent ends a presence, of which there may be none.
func (s *Server) absent(r *request) error {
	q := httpapi.NewQuery(r.Request)
	id := q.Text("user")
	if err := q.Err(); err != nil {
		return err
	}
	key, err := r.room()
	if err != nil {
		return err
	}
	if id == "" {
		id = r.caller.UserID
	}
	if p := s.shown.find(shownKey{key, r.caller.Name, id}); p != nil {
		p.remove()
	}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}
