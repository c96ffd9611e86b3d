package transport

import (
	"encoding/json"
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// claims are those that every token may have, and all by their names.
type claims struct {
	jwt.RegisteredClaims
	named map[string]json.RawMessage
}

// recordsClaim bars every record that it does not list.
const recordsClaim = "records"

// UnmarshalJSON implements json.Unmarshaler.
func (c *claims) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &c.RegisteredClaims); err != nil {
		return err
	}
	return json.Unmarshal(b, &c.named)
}

// What is wrong with a token whose signature is right. Clients are told so, and no value.
var (
	errNoUser    = errors.New("token names no user")
	errClaimForm = errors.New("token has a claim of the wrong form")
)

// session reads the claims of a token that is valid.
func (c *claims) session(cfg JWTConfig) (s Session, err error) {
	s.Expires = c.ExpiresAt.Add(cfg.Leeway)
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
