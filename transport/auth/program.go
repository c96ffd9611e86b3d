package auth

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// documentsClaim is the claim of tokens for programs: which documents, and what for. A token with
// it opens no WebSocket, and one without it is no token for a program.
const documentsClaim = "documents"

// Program is what the token of a program stands for.
type Program struct {
	ID, Name  string // of the user in whose name it acts
	Expires   time.Time
	Documents []ProgramGrant
}

// ProgramGrant is an entry of the claim "documents".
type ProgramGrant struct {
	Rooms  []string // names of rooms, or patterns
	Access string
}

// UnmarshalJSON implements json.Unmarshaler. Members with other names are ignored.
func (g *ProgramGrant) UnmarshalJSON(b []byte) error {
	return decodeMembers(b, map[string]any{"rooms": &g.Rooms, "access": &g.Access})
}

// AdmitProgram returns what the token of a program stands for. Its audience must be
// JWTConfig.ProgramAudience. The error is a *engine.CloseError, or a failure of the server.
func (j *JWT) AdmitProgram(ctx context.Context, token string) (p Program, err error) {
	if token == "" {
		return p, refuse("token missing")
	}
	var c claims
	keys := func(t *jwt.Token) (any, error) { return j.keys(ctx, t) }
	if _, err := j.programs.ParseWithClaims(token, &c, keys); err != nil {
		return p, refusalOf(err)
	}
	if p, err = c.program(j.cfg); err != nil {
		return p, refuse(err.Error())
	}
	return p, nil
}

// isProgram reports whether a token is one for programs.
func (c *claims) isProgram(cfg JWTConfig) bool {
	_, ok := c.named[documentsClaim]
	audience, _ := c.texts(audienceClaim) // the parser has refused other forms
	return ok || cfg.Audience != cfg.ProgramAudience &&
		slices.Contains(audience, cfg.ProgramAudience)
}

// program returns what a token stands for whose registered claims have been checked.
func (c *claims) program(cfg JWTConfig) (p Program, err error) {
	expires, err := c.date(expiryClaim)
	if err != nil || expires == nil { // cannot be: the parser has refused such tokens
		return p, errClaimForm
	}
	if err = c.checkAge(expires.Time, cfg); err != nil {
		return p, err
	}
	p.Expires = expires.Add(cfg.Leeway)
	if p.ID, err = c.text(cfg.Claims.ID); err == nil && p.ID == "" {
		err = errNoUser
	}
	if err == nil {
		p.Name, err = c.text(cfg.Claims.Name)
	}
	raw, ok := c.named[documentsClaim]
	if err == nil && (!ok || json.Unmarshal(raw, &p.Documents) != nil || p.Documents == nil) {
		err = errClaimForm
	}
	return p, err
}
