package auth

import (
	"slices"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Policy has a server's demands on a session beside a valid token. The zero value has none.
type Policy struct {
	// Roles are those of which a session must have one. Empty: any session will do.
	// Anonymous sessions, which only development has, need none.
	Roles []string
	// NoViewers refuses a session that may not edit the room.
	NoViewers bool
}

// Identity returns the identity that the bearer of a session has in a room. Its error, a
// *engine.CloseError, is the reason for which the bearer may not enter.
func (p Policy) Identity(s Session, room roomkey.Key) (engine.Identity, error) {
	identity, err := s.identity(room)
	switch {
	case err != nil || identity.Anonymous:
		return identity, err
	case len(p.Roles) > 0 && !slices.ContainsFunc(s.Roles, p.hasRole):
		return identity, errNoRole
	case identity.ReadOnly && p.NoViewers:
		return identity, errViewer
	}
	return identity, nil
}

func (p Policy) hasRole(role string) bool { return slices.Contains(p.Roles, role) }

func (s Session) identity(room roomkey.Key) (engine.Identity, error) {
	identity := s.Identity
	switch s.Access(room) {
	case Edit:
	case View:
		identity.ReadOnly = true
	default:
		return engine.Identity{}, errNoAccess
	}
	return identity, nil
}
