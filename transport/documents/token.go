package documents

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// NewToken is the body of POST /v1/documents/{room}/token.
type NewToken struct {
	User       User    `json:"user"`
	Access     string  `json:"access"`                // read, write, admin
	TTLSeconds float64 `json:"ttl_seconds,omitempty"` // absent: 3600
}

// Token is the answer of POST /v1/documents/{room}/token.
type Token struct {
	Token     string    `json:"token"`
	URL       string    `json:"url"` // of the WebSocket, without the token
	ExpiresAt time.Time `json:"expires_at"`
}

// accesses are the accesses of tokens, by their names here.
var accesses = map[string]auth.Access{
	"read": auth.View, "write": auth.Edit, "admin": auth.Admin,
}

const (
	// tokenFor is how long a token is valid by default.
	tokenFor = time.Hour
	// maxToken bounds the time before auth.max_token_age does.
	maxToken = 365 * 24 * time.Hour
)

// token makes a token with which a client opens a document.
func (s *Server) token(r *request) error {
	var body NewToken
	if err := httpapi.ReadBody(r.w, r.Request, &body); err != nil {
		return err
	}
	user, err := r.userOf(&body.User)
	if err != nil {
		return err
	}
	access, known := accesses[body.Access]
	if !known {
		return httpapi.Invalid(api.FieldError{
			Field: "/access", Detail: "must be one of read, write, admin",
		})
	}
	ttl, err := r.seconds("/ttl_seconds", body.TTLSeconds, min(tokenFor, r.now.MaxToken), maxToken)
	if err != nil {
		return err
	}
	key, err := r.room()
	if err != nil {
		return err
	}
	id, ok := key.Record()
	if !ok || r.now.Sign == nil {
		return errNoTokens(ok)
	}
	now := time.Now()
	signed, err := r.now.Sign(auth.Session{
		Identity: engine.Identity{ID: user.ID, Name: user.Name},
		Grants:   auth.Grants{id: access},
	}, ttl)
	if errors.Is(err, auth.ErrTTL) {
		return httpapi.Invalid(api.FieldError{
			Field: "/ttl_seconds", Detail: "is more than auth.max_token_age",
		})
	}
	if err != nil {
		return err
	}
	s.logAction(r, "token", slog.String("user", user.ID), slog.String("access", body.Access))
	return httpapi.Answer(r.w, http.StatusCreated, Token{
		Token: signed, URL: r.socketURL(id), ExpiresAt: now.Add(ttl).UTC().Truncate(time.Second),
	})
}

// errNoTokens returns why no token can be made.
func errNoTokens(record bool) error {
	if record {
		return problem(http.StatusConflict, api.Conflict, "this server has no key that tokens "+
			"could be signed with: with civicpress.url it needs civicpress.token")
	}
	return problem(http.StatusConflict, api.Conflict,
		"clients open records only: name one like record:by-law-7")
}

// socketURL returns the URL of the WebSocket of a record, as the client of a request would see it.
func (r *request) socketURL(id string) string {
	base := r.now.SocketURL
	if base == "" {
		base = "ws://" + r.Host + r.now.SocketPath
		if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			base = "wss" + strings.TrimPrefix(base, "ws")
		}
	}
	return strings.TrimSuffix(base, "/") + "/records/" + url.PathEscape(id)
}
