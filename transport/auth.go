package transport

import (
	"context"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// Authenticator says what a token is good for in a room, by the room's key. It is
// called on a goroutine of the connection's own, and may block until ctx is done;
// what the client sends in the meantime is kept. A *engine.CloseError refuses the
// client and is told to it; any other error is a failure of ours. Neither may
// contain the token.
//
// For connections that are there it is called again; see Session.Checked. Then only
// engine.CloseAuthFailed, CloseForbidden and CloseRoomNotFound end them. With any other error the session may
// have Checked set all the same: the rest of it counts, but for what is not known.
type Authenticator interface {
	Admit(ctx context.Context, token, room string) (Session, error)
}

// A Doubter is an Authenticator that remembers. What it remembers of a token it
// has been told to doubt is no answer any more.
type Doubter interface {
	Doubt(token string)
}

// Session is what a token is good for.
type Session struct {
	engine.Identity           // the bearer; ReadOnly holds for every room
	Roles           []string  // as the issuer calls them
	Expires         time.Time // when its connection is closed, to the second; zero: never
	Grants          Grants    // nil: no room is barred
	// Checked is when whoever knows was asked about it. Config.Recheck later it is to be
	// admitted anew. Zero: it holds until it expires.
	Checked time.Time
}

// Access is what the session's grants say about a room.
func (s Session) Access(room string) Access {
	switch {
	case s.Grants != nil:
		return s.Grants.access(room)
	case s.ReadOnly:
		return View
	}
	return Edit
}

// Anyone lets everybody in, without a name. It is for development.
type Anyone struct{}

// Admit implements Authenticator.
func (Anyone) Admit(context.Context, string, string) (Session, error) {
	return Session{Identity: engine.Identity{Anonymous: true}}, nil
}

// refused is the answer to a token that does not let its bearer in.
func refused(reason string) error {
	return &engine.CloseError{Code: engine.CloseAuthFailed, Reason: reason}
}

var (
	errNoAccess = &engine.CloseError{Code: engine.CloseForbidden, Reason: "no access to this record"}
	errNoRole   = &engine.CloseError{Code: engine.CloseForbidden, Reason: "no role that may take part"}
	errViewer   = &engine.CloseError{Code: engine.CloseForbidden, Reason: "no permission to edit this record"}
	errExpired  = &engine.CloseError{Code: engine.CloseExpired, Reason: "session expired"}
)

// enter says as whom the bearer of a session enters a room, or why not.
func (s *Server) enter(session Session, room string) (engine.Identity, error) {
	who, err := session.enter(room)
	switch {
	case err != nil || who.Anonymous:
		return who, err
	case len(s.cfg.Roles) > 0 && !slices.ContainsFunc(session.Roles, func(r string) bool { return slices.Contains(s.cfg.Roles, r) }):
		return who, errNoRole
	case who.ReadOnly && s.cfg.NoViewers:
		return who, errViewer
	}
	return who, nil
}

func (s Session) enter(room string) (engine.Identity, error) {
	who := s.Identity
	switch s.Access(room) {
	case Edit:
	case View:
		who.ReadOnly = true
	default:
		return engine.Identity{}, errNoAccess
	}
	return who, nil
}
