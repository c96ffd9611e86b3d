package auth

import (
	"cmp"
	"time"
)

// JWTConfig configures which tokens are valid, and the names of their claims. A field that is zero
// has the default that its comment names.
type JWTConfig struct {
	// Keys are the keys that tokens may be signed with.
	Keys []Key
	// More returns a further key for HS256, which may change while the server runs. Nil: there is
	// none.
	More func() []byte
	// Remote are further keys. Without it, Keys and More no token is valid.
	Remote *RemoteKeys
	// Leeway is the largest difference between the clocks of issuer and server. 30 s.
	Leeway time.Duration
	// MaxAge is the longest time for which a token may be valid, from "iat" to "exp". Without "iat"
	// it bounds the time from now on. A token that is stolen opens records for no longer. 24 h.
	MaxAge time.Duration
	// Issuer is the required value of "iss". Empty: not required.
	Issuer string
	// Audience is a value that "aud" must have. Empty: not required.
	Audience string
	// ProgramAudience is the value that "aud" of a token for programs must have
	// (JWT.AdmitProgram). "civic-realtime-api".
	ProgramAudience string
	// Claims are the names of the claims that a session is made of.
	Claims ClaimNames
}

// ClaimNames are names of claims at the top level of a token.
type ClaimNames struct {
	ID    string // id of the user: a string, required. "sub".
	Name  string // display name of the user: a string. "name".
	Roles string // a string or a list of strings. "roles".
}

func (c JWTConfig) withDefaults() JWTConfig {
	c.Leeway = cmp.Or(c.Leeway, 30*time.Second)
	c.MaxAge = cmp.Or(c.MaxAge, 24*time.Hour)
	c.ProgramAudience = cmp.Or(c.ProgramAudience, "civic-realtime-api")
	c.Claims.ID = cmp.Or(c.Claims.ID, "sub")
	c.Claims.Name = cmp.Or(c.Claims.Name, "name")
	c.Claims.Roles = cmp.Or(c.Claims.Roles, "roles")
	return c
}
