package auth

import (
	"context"
	"net/netip"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Authenticator checks tokens.
type Authenticator interface {
	// Admit returns the session that a token stands for, when its bearer wants to enter a room. It
	// is called on a goroutine of the connection's own, and may block until ctx is done. A
	// *engine.CloseError refuses the client, and is sent to it; any other error is a failure of the
	// server.
	//
	// Admit is called again when the session of a connection is rechecked (Session.Checked). Then
	// only the codes engine.CloseAuthFailed, CloseForbidden and CloseRoomNotFound end the
	// connection. Beside any other error the returned session may have Checked set: it then
	// replaces the present one.
	Admit(ctx context.Context, token string, room roomkey.Key) (Session, error)
}

type addressKey struct{}

// WithAddress returns a context for Authenticator.Admit that has the address of the client.
func WithAddress(ctx context.Context, client netip.Addr) context.Context {
	return context.WithValue(ctx, addressKey{}, client)
}

// Address returns the address of the client that a call of Admit is about, the zero Addr if it is
// not known. An Authenticator of which the answer depends on it must be asked again about another
// address.
func Address(ctx context.Context) netip.Addr {
	client, _ := ctx.Value(addressKey{}).(netip.Addr)
	return client
}

// Invalidator is an Authenticator with a cache.
type Invalidator interface {
	// Invalidate drops the cached answer for a token, so that the next Admit asks again.
	Invalidate(token string)
}

// Session is the session that a valid token stands for.
type Session struct {
	engine.Identity           // of the bearer; ReadOnly and Admin hold for every room
	Roles           []string  // by the issuer's names
	Expires         time.Time // end of the connection, to the second; zero: none
	Grants          Grants    // nil: access to every room
	// Checked is the time as of which the session is known to be valid. It is rechecked
	// transport.Config.Recheck later. Zero: the session holds until it expires.
	Checked time.Time
}

// Access returns the access of the session's bearer to a room.
func (s Session) Access(room roomkey.Key) Access {
	switch {
	case s.Grants != nil:
		return s.Grants.access(room)
	case s.ReadOnly:
		return View
	case s.Admin:
		return Admin
	}
	return Edit
}

// AllowAll is an Authenticator that admits every client, anonymously, with all rights. It is for
// development.
type AllowAll struct{}

// Admit implements Authenticator.
func (AllowAll) Admit(context.Context, string, roomkey.Key) (Session, error) {
	return Session{Identity: engine.Identity{Anonymous: true, Admin: true}}, nil
}
