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
		var cancel context.CancelFunc
		who.name = session.Name
		ctx, cancel = context.WithCancel(ctx)
		stop := context.AfterFunc(session.Context(), cancel)
		leave = func() {
			stop()
			cancel()
			session.Leave()
		}
	}
	return r.WithContext(context.WithValue(ctx, callerKey{}, who)), leave
}
