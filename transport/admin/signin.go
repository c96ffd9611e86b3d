package admin

import (
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/console"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// session says whether the browser is signed in.
func (s *Server) session(w http.ResponseWriter, r *http.Request) error {
	return httpapi.Answer(w, http.StatusOK, s.sessionOf(callerOf(r).session))
}

// sessionOf describes a session; nil: there is none.
func (s *Server) sessionOf(session *console.Session) api.Session {
	if s.current.Load().secret == nil {
		return api.Session{SignedIn: true}
	}
	if session == nil {
		return api.Session{TokenNeeded: true}
	}
	expires := session.Expires().UTC()
	return api.Session{
		SignedIn: true, TokenNeeded: true, Name: session.Name, ExpiresAt: &expires,
	}
}

// signIn begins a session, with a new identifier whatever the browser has sent. The session that
// the browser had ends. Where no token is needed there are no sessions.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	var body api.SignIn
	if err := httpapi.ReadBody(w, r, &body); err != nil {
		return err
	}
	want := s.current.Load().secret
	if want == nil {
		return s.session(w, r)
	}
	token := strings.TrimSpace(body.Token)
	if !want.is(token) {
		s.metrics.signIns[signInRefused].Inc()
		return s.wrongToken(w, r, token)
	}
	name := strings.TrimSpace(body.Name)
	if name == "" {
		name = anybody
	}
	if !proper(name) {
		return httpapi.Invalid(api.FieldError{Field: "/name", Detail: wantsName})
	}
	s.sessions.EndOf(console.IDs(r))
	id, begun := s.sessions.Begin(name)
	if !sameSecret(want, s.current.Load().secret) { // all other sessions have ended
		s.sessions.EndOf([]string{id})
		return s.wrongToken(w, r, token)
	}
	s.metrics.signIns[signInAccepted].Inc()
	callerOf(r).name = name
	s.did(r, "sign-in")
	console.Give(w, r, id)
	return httpapi.Answer(w, http.StatusOK, s.sessionOf(begun))
}

// signOut ends the session, for all who have its cookie.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	s.sessions.EndOf(console.IDs(r))
	console.Take(w, r)
	if callerOf(r).session != nil {
		s.did(r, "sign-out")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
