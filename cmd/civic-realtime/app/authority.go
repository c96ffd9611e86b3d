package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// authority asks CivicPress for the session of a token, and for its access to a record. If JWT is
// configured, too, tokens in the form of a JWT are checked by jwt instead.
type authority struct {
	client *civicpress.Client
	rules  atomic.Pointer[rules] // replaced as a whole; never nil
	log    *slog.Logger
	silent atomic.Bool // CivicPress does not answer, and that has been logged
}

// rules are the part of the configuration that an authority applies.
type rules struct {
	jwt   *auth.JWT // nil: JWT is not configured
	own   string    // the configured token, needed for users with a JWT; empty: none
	admin string    // the permission of those who administrate rooms; empty: nobody does
	hides bool      // drafts are hidden from users who may not see them in CivicPress
}

func newAuthority(client *civicpress.Client, r rules, log *slog.Logger) *authority {
	a := &authority{client: client, log: log}
	a.rules.Store(&r)
	return a
}

// rulesOf returns the rules of a configuration.
func rulesOf(c *Config) rules {
	r := rules{own: c.CivicPress.Token, admin: c.adminPermission()}
	r.hides = c.Auth.Viewers == "published"
	if c.Auth.JWT.hasKeys() {
		r.jwt = auth.NewJWT(c.Auth.JWT.transport())
	}
	return r
}

var (
	errNoToken  = refuse(engine.CloseAuthFailed, "token missing")
	errSession  = refuse(engine.CloseAuthFailed, "session expired or unknown")
	errNoRight  = refuse(engine.CloseForbidden, "no permission to view records")
	errNoRecord = refuse(engine.CloseRoomNotFound, "no such record")
)

func refuse(code engine.CloseCode, reason string) *engine.CloseError {
	return &engine.CloseError{Code: code, Reason: reason}
}

// Admit implements auth.Authenticator.
func (a *authority) Admit(
	ctx context.Context, token string, room roomkey.Key,
) (auth.Session, error) {
	const dotsOfJWT = 2 // a session token has one dot
	r := a.rules.Load()
	switch {
	case token == "":
		return auth.Session{}, errNoToken
	case r.jwt != nil && strings.Count(token, ".") == dotsOfJWT:
		return a.admitJWT(ctx, r, token, room)
	}
	v, err := a.enter(ctx, token, room)
	s := auth.Session{
		Identity: engine.Identity{
			ID: v.User.ID, Name: v.User.DisplayName(), Credential: token,
			ReadOnly: !v.Access.Edit, PublishedOnly: r.hides && !v.Access.Edit,
			Admin: v.Access.Edit && r.admin != "" && v.User.Can(r.admin),
		},
		Roles:   []string{v.User.Role},
		Checked: v.Checked,
	}
	if err != nil {
		return s, refusal(err)
	}
	s.Text = textSeen(v)
	return s, nil
}

// admitJWT loads the record with the configured token, as the bearer of a JWT has no session of
// CivicPress.
func (a *authority) admitJWT(
	ctx context.Context, r *rules, token string, room roomkey.Key,
) (auth.Session, error) {
	s, err := r.jwt.Admit(ctx, token, room)
	if err != nil || !s.Access(room).MayEdit() {
		return s, err
	}
	v, err := a.enter(ctx, r.own, room)
	switch {
	case errors.Is(err, civicpress.ErrUnauthorized), errors.Is(err, civicpress.ErrForbidden):
		return s, fmt.Errorf("civicpress.token: %w", err) // the configuration's fault, not the client's
	case err != nil:
		return s, refusal(err)
	}
	s.Text = textSeen(v)
	return s, nil
}

// textSeen returns the text that the API has just returned for the user, nil if the API was not
// asked for it: a cached text may be older than the last draft of the room.
func textSeen(v civicpress.Authorization) *engine.Text {
	if !v.Loaded {
		return nil
	}
	return textOf(v.Record, v.ShowsDrafts)
}

// Invalidate implements auth.Invalidator.
func (a *authority) Invalidate(token string) { a.client.Invalidate(token) }

// enter asks CivicPress about a session and its access to a room. It logs when CivicPress stops
// answering and when it answers again, not each failure.
func (a *authority) enter(
	ctx context.Context, token string, room roomkey.Key,
) (civicpress.Authorization, error) {
	id, ok := room.Record()
	if !ok {
		return civicpress.Authorization{}, errNoRecord
	}
	v, err := a.client.Authorize(ctx, token, id)
	if down := isOutage(err); down && !a.silent.Swap(true) {
		a.log.Warn("CivicPress does not answer", slog.String("reason", err.Error()))
	} else if !down && a.silent.Swap(false) {
		a.log.Info("CivicPress answers again")
	}
	return v, err
}

// isOutage reports whether an error means that CivicPress did not answer, but may do so later.
func isOutage(err error) bool {
	return errors.Is(err, civicpress.ErrUnavailable) || errors.Is(err, civicpress.ErrRateLimited) ||
		errors.Is(err, context.DeadlineExceeded)
}

// refusal returns the close code and reason for an error of the API. CivicPress' own UI reconnects
// by itself after 4500 and 4503 only.
func refusal(err error) error {
	var why *engine.CloseError
	switch {
	case errors.As(err, &why):
		return why
	case errors.Is(err, civicpress.ErrUnauthorized):
		return errSession
	case errors.Is(err, civicpress.ErrForbidden):
		return errNoRight
	case errors.Is(err, civicpress.ErrNotFound):
		return errNoRecord
	case isOutage(err):
		return &engine.CloseError{
			Code: engine.CloseUnavailable, ErrorCode: protocol.CodeInternal,
			Reason: "CivicPress does not answer, try again", Err: err,
		}
	}
	return &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
}

// adminPermission returns the permission by which users of CivicPress administrate rooms. Empty:
// nobody does.
func (c *Config) adminPermission() string {
	if c.Auth.AdminPermission == "none" {
		return ""
	}
	return cmp.Or(c.Auth.AdminPermission, civicpress.All)
}

// openCivicPress returns the authority, nil if CivicPress is not to be asked.
func openCivicPress(c Config, log *slog.Logger) (*authority, error) {
	if c.dev || !c.enabled() || c.CivicPress.URL == "" {
		return nil, nil
	}
	client, err := civicpress.New(c.CivicPress.client())
	if err != nil {
		return nil, err
	}
	return newAuthority(client, rulesOf(&c), log), nil
}
