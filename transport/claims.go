package transport

import (
	"encoding/json"
	"errors"
	"math"

	"github.com/golang-jwt/jwt/v5"
)

// claims are those of a token by their exact names. It implements jwt.Claims: what the
// parser asks for must have the form that RFC 7519 says, and nothing that is read as such.
type claims struct {
	named map[string]json.RawMessage
}

// Claims that are read by their names.
const (
	// recordsClaim bars every record that it does not list.
	recordsClaim = "records"

	expiryClaim    = "exp"
	notBeforeClaim = "nbf"
	issuedAtClaim  = "iat"
	issuerClaim    = "iss"
	subjectClaim   = "sub"
	audienceClaim  = "aud"
)

// UnmarshalJSON implements json.Unmarshaler. A claim that is there twice makes the token
// malformed: issuer and server might not mean the same one.
func (c *claims) UnmarshalJSON(b []byte) (err error) {
	c.named, err = membersOf(b)
	return err
}

// What is wrong with a token whose signature is right. Clients are told so, and no value.
var (
	errNoUser    = errors.New("token names no user")
	errClaimForm = errors.New("token has a claim of the wrong form")
)

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

// maxDate is the latest date, in seconds: what a float64 has exactly.
const maxDate = 1 << 53

// date is a number of seconds, nil if the claim is not there.
func (c *claims) date(name string) (*jwt.NumericDate, error) {
	raw, ok := c.named[name]
	if !ok {
		return nil, nil
	}
	var seconds *float64
	if err := json.Unmarshal(raw, &seconds); err != nil || seconds == nil || math.Abs(*seconds) > maxDate {
		return nil, errClaimForm
	}
	date := new(jwt.NumericDate)
	return date, date.UnmarshalJSON(raw)
}

// session reads the claims of a token that is valid.
func (c *claims) session(cfg JWTConfig) (s Session, err error) {
	expires, err := c.date(expiryClaim)
	if err != nil || expires == nil { // the parser has refused that
		return s, errClaimForm
	}
	s.Expires = expires.Add(cfg.Leeway)
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

// grants returns nil when the token does not speak of records, and something when it does.
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
