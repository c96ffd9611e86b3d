package auth

import (
	"slices"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Policy is what a server demands of a session besides a valid token. The zero value demands
// nothing.
type Policy struct {
	// Roles are the roles of which a session must have one. Empty: any session will do. Anonymous
	// sessions, which exist in development only, need no role.
	Roles []string
	// NoViewers refuses a session that may not edit the room.
	NoViewers bool
}

// Identity returns the identity of a session's bearer in a room. Its error, a *engine.CloseError,
// is the reason for refusing the bearer.
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
	identity.Admin = false
	switch s.Access(room) {
	case Admin:
		identity.Admin = true
	case Edit:
	case View:
		identity.ReadOnly = true
	default:
		return engine.Identity{}, errNoAccess
	}
	return identity, nil
}
