package admin

import (
	"context"
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/console"
)

// caller is what is known about the administrator of a request. It belongs to the request's
// goroutine.
type caller struct {
	session *console.Session // nil: the request has none
	name    string           // of the session; empty: NameHeader may have one
	refused bool             // the token or the session is not valid
	valid   context.Context  // done when the token has been replaced; nil: nothing was checked yet
}

// callerKey is the key of a *caller in the context of a request.
type callerKey struct{}

// callerOf returns what is known about the administrator of a request.
func callerOf(r *http.Request) *caller {
	if c, ok := r.Context().Value(callerKey{}).(*caller); ok {
		return c
	}
	return new(caller) // of another node
}

// bearerOf returns the token of a request, and whether it is meant for this server: a proxy in
// front may ask for a password, and pass that on.
func bearerOf(r *http.Request) (token string, bearer bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// recognize returns the request with its caller: that of the session whose cookie it has. With a
// token in the request the cookie does not count. The context is done when the session ends, so
// that streams end with it. leave must be called when the request is answered.
func (s *Server) recognize(r *http.Request) (known *http.Request, leave func()) {
	who, ctx, leave := new(caller), r.Context(), func() {}
	if _, bearer := bearerOf(r); !bearer {
		who.session = s.sessions.Enter(console.IDs(r))
	}
	if session := who.session; session != nil {
		var stop func()
		who.name = session.Name
		ctx, stop = both(ctx, session.Context())
		leave = func() {
			stop()
			session.Leave()
		}
	}
	return r.WithContext(context.WithValue(ctx, callerKey{}, who)), leave
}

// whileValid returns a request that was admitted, whose context is done also when the token has
// been replaced. leave must be called when the request is answered.
func whileValid(r *http.Request) (bound *http.Request, leave func()) {
	valid := callerOf(r).valid
	if valid == nil {
		return r, func() {} // of another node, which ends it
	}
	ctx, leave := both(r.Context(), valid)
	return r.WithContext(ctx), leave
}

// both returns a context that is done when ctx or end is. stop must be called.
func both(ctx, end context.Context) (done context.Context, stop func()) {
	done, cancel := context.WithCancel(ctx)
	unbind := context.AfterFunc(end, cancel)
	return done, func() {
		unbind()
		cancel()
	}
}

// open counts a connection of a caller who was admitted as a use of the session, until release is
// called, once. end is called when the session has ended, or the token has been replaced.
func (c *caller) open(end func()) (release func()) {
	ends := []func() bool{context.AfterFunc(c.valid, end)}
	if c.session != nil {
		c.session.Enter()
		ends = append(ends, context.AfterFunc(c.session.Context(), end))
	}
	return func() {
		for _, stop := range ends {
			stop()
		}
		if c.session != nil {
			c.session.Leave()
		}
	}
}
