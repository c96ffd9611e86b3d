package admin

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// NameHeader is the header with the name of the administrator, for the log, the audit trail and the
// lists of locks and bans. It is optional, and proves nothing.
const NameHeader = "Admin-Name"

// anybody is the name of an administrator who has sent none.
const anybody = "admin"

// maxName is the length of the longest name, in bytes.
const maxName = 100

// userPrefix begins the names of users who administrate a room by control messages
// (engine.Peer). Nobody may take such a name here.
const userPrefix = "user:"

// by returns the name of the administrator.
func by(r *http.Request) string {
	if name := callerOf(r).name; name != "" {
		return name
	}
	if name := strings.TrimSpace(r.Header.Get(NameHeader)); proper(name) {
		return name
	}
	return anybody
}

// wantsName says which names are proper.
const wantsName = "must have at most 100 bytes on one line, and not begin with " + userPrefix

// proper reports whether a name can be that of an administrator. It may have any letters, as it is
// never shown as anything but text, but none that change the place or the order of others.
func proper(name string) bool {
	moves := func(c rune) bool {
		return unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	}
	return name != "" && len(name) <= maxName && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, moves) && !strings.HasPrefix(name, userPrefix)
}

// did logs what an operator has made the server do.
func (s *Server) did(r *http.Request, what string, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{
		slog.String("action", what), slog.String("by", by(r)),
		slog.String("remote", r.RemoteAddr),
	}, attrs...)
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "admin", attrs...)
}

// fail answers a request with an error. The text of an error that is no problem goes to the log
// only, as it may contain paths.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *api.Problem
	if !errors.As(err, &p) {
		s.log.Error("admin request failed", slog.String("method", r.Method),
			slog.String("path", r.URL.Path), slog.String("reason", err.Error()))
		p = httpapi.Problem(http.StatusInternalServerError, api.Failed, "the log has the reason")
	}
	w.Header().Set("Content-Type", httpapi.ProblemType)
	httpapi.WriteBody(w, p.Status, p)
}
