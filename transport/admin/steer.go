package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// roomTime is how long a request waits for a busy room, or for the store.
const roomTime = 10 * time.Second

// room returns the key of the room in the path.
func room(r *http.Request) (roomkey.Key, error) {
	key, err := roomkey.Parse(r.PathValue("room"))
	if err != nil {
		return key, httpapi.Problem(http.StatusNotFound, api.RoomNotFound,
			"a room is named like record:by-law-7")
	}
	return key, nil
}

// mistakes are errors of the engine about what the request says, each with the member that it is
// about.
var mistakes = map[error]string{
	engine.ErrNotice: "/text", engine.ErrReason: "/reason", engine.ErrUser: "/user",
	engine.ErrUntil: "/until", engine.ErrVersionName: "/name",
}

// explain returns the problem that an error of the engine is; other errors are returned as they
// are.
func explain(err error) error {
	for mistake, field := range mistakes {
		if errors.Is(err, mistake) {
			return httpapi.Invalid(api.FieldError{Field: field, Detail: mistake.Error()})
		}
	}
	switch {
	case errors.Is(err, engine.ErrNoRoom):
		return httpapi.Problem(http.StatusNotFound, api.RoomNotFound, err.Error())
	case errors.Is(err, engine.ErrNoVersion):
		return httpapi.Problem(http.StatusNotFound, api.VersionNotFound, err.Error())
	case errors.Is(err, engine.ErrDeleted), errors.Is(err, engine.ErrNotDeleted),
		errors.Is(err, engine.ErrOfRecord), errors.Is(err, engine.ErrTooManyVersions):
		return httpapi.Problem(http.StatusConflict, api.Conflict, err.Error())
	case errors.As(err, new(*contents.ShapeError)):
		return httpapi.Invalid(api.FieldError{Field: "root", Detail: err.Error()})
	case errors.Is(err, engine.ErrRestoreLarge), errors.Is(err, view.ErrBudget):
		return httpapi.Problem(http.StatusConflict, api.Conflict, err.Error())
	case errors.Is(err, engine.ErrUnreadable):
		return httpapi.Problem(http.StatusConflict, api.Conflict,
			err.Error()+"; civic-realtime repair shows what can be had of it")
	case errors.As(err, new(interface{ Damaged() })):
		return httpapi.Problem(http.StatusConflict, api.Conflict,
			"what is stored is damaged: civic-realtime repair shows what can be had of it")
	case errors.Is(err, engine.ErrTooManyLocks), errors.Is(err, engine.ErrTooManyBans):
		return httpapi.Problem(http.StatusConflict, api.Conflict, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return httpapi.Problem(http.StatusServiceUnavailable, api.Unavailable,
			"the room or the store is busy: "+err.Error())
	}
	if refused, ok := errors.AsType[*engine.CloseError](err); ok { // as a client's join would be
		return httpapi.Problem(http.StatusServiceUnavailable, api.Unavailable, refused.Reason)
	}
	return err
}

// steer runs f for the room in the path.
func steer(r *http.Request, f func(context.Context, roomkey.Key) error) error {
	key, err := room(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	return explain(f(ctx, key))
}
