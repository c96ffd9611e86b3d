package auth

import (
	"encoding/json"
	"math"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims are the claims of a token by their exact names. It implements jwt.Claims strictly: a
// registered claim is one that has the exact name and the form that RFC 7519 demands.
type claims struct {
	named map[string]json.RawMessage
}

// Names of claims.
const (
	recordsClaim = "records" // access by record; none to records that are not listed

	expiryClaim    = "exp"
	notBeforeClaim = "nbf"
	issuedAtClaim  = "iat"
	issuerClaim    = "iss"
	subjectClaim   = "sub"
	audienceClaim  = "aud"
)

// UnmarshalJSON implements json.Unmarshaler. A token that has a claim twice is malformed: the
// issuer may mean the one, and the server read the other.
func (c *claims) UnmarshalJSON(b []byte) (err error) {
	c.named, err = membersOf(b)
	return err
}

// GetExpirationTime implements jwt.Claims.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.date(expiryClaim) }

// GetNotBefore implements jwt.Claims.
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return c.date(notBeforeClaim) }

// GetIssuedAt implements jwt.Claims.
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return c.date(issuedAtClaim) }

// GetIssuer implements jwt.Claims.
func (c *claims) GetIssuer() (string, error) { return c.text(issuerClaim) }

// GetSubject implements jwt.Claims.
func (c *claims) GetSubject() (string, error) { return c.text(subjectClaim) }

// GetAudience implements jwt.Claims.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return c.texts(audienceClaim) }

// maxDate is the latest date in seconds since 1970 that a float64 holds exactly.
const maxDate = 1 << 53

// date returns a claim that is a number of seconds since 1970, or nil if there is none.
func (c *claims) date(name string) (*jwt.NumericDate, error) {
	raw, ok := c.named[name]
	if !ok {
		return nil, nil
	}
	var seconds *float64
	err := json.Unmarshal(raw, &seconds)
	if err != nil || seconds == nil || math.Abs(*seconds) > maxDate {
		return nil, errClaimForm
	}
	date := new(jwt.NumericDate)
	return date, date.UnmarshalJSON(raw)
}

// session returns the session of a token whose registered claims have been checked.
func (c *claims) session(cfg JWTConfig) (s Session, err error) {
	expires, err := c.date(expiryClaim)
	if err != nil || expires == nil { // cannot be: the parser has refused such tokens
		return s, errClaimForm
	}
	s.Expires = expires.Add(cfg.Leeway)
	if err = c.checkAge(expires.Time, cfg); err != nil {
		return s, err
	}
	if s.ID, err = c.text(cfg.Claims.ID); err == nil && s.ID == "" {
		err = errNoUser
	}
	if err == nil {
		s.Name, err = c.text(cfg.Claims.Name)
	}
	if err == nil {
		s.Roles, err = c.texts(cfg.Claims.Roles)
	}
	if err == nil {
		s.Grants, err = c.grants()
	}
	return s, err
}

// checkAge fails if the token is valid for longer than JWTConfig.MaxAge.
func (c *claims) checkAge(expires time.Time, cfg JWTConfig) error {
	issued, err := c.date(issuedAtClaim)
	switch {
	case err != nil:
		return err
	case issued == nil && time.Until(expires) > cfg.MaxAge+cfg.Leeway,
		issued != nil && expires.Sub(issued.Time) > cfg.MaxAge:
		return errMaxAge
	}
	return nil
}

func (c *claims) text(name string) (value string, err error) {
	if raw, ok := c.named[name]; ok && json.Unmarshal(raw, &value) != nil {
		err = errClaimForm
	}
	return value, err
}

func (c *claims) texts(name string) (values jwt.ClaimStrings, err error) {
	if raw, ok := c.named[name]; ok && json.Unmarshal(raw, &values) != nil {
		err = errClaimForm
	}
	return values, err
}

// grants returns nil if the token has no claim "records", and never nil if it has.
func (c *claims) grants() (Grants, error) {
	raw, ok := c.named[recordsClaim]
	if !ok {
		return nil, nil
	}
	var list []grant
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		return nil, errClaimForm
	}
	return parseGrants(list)
}
