package hooks

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/persist/httpcall"
	"github.com/civicpress/civic-realtime/persist/jsonmembers"
)

// Access is what a user may do in a room.
type Access string

// Kinds of access. None is a refusal.
const (
	None  Access = "none"
	Read  Access = "read"
	Write Access = "write"
	Admin Access = "admin"
)

// Grant is the answer about a token, a room and an address.
type Grant struct {
	ID, Name string // of the user; others see them
	Access   Access // never None
	Roles    []string
	Expires  time.Time // when the connection ends; zero: never
	Asked    time.Time // when the receiver was asked
	Until    time.Time // when it is to be asked again
}

// String returns nothing of the user but the id.
func (g Grant) String() string { return "hooks.Grant{" + g.ID + "}" }

// GoString does the same for %#v.
func (g Grant) GoString() string { return g.String() }

// grantAnswer is the body of an answer about a token.
type grantAnswer struct {
	User    *userAnswer `json:"user"`
	Access  Access      `json:"access"`
	Roles   []string    `json:"roles"`
	Expires instant     `json:"expires_at"`
	Cache   *float64    `json:"cache_seconds"`
	Reason  string      `json:"reason"`
}

type userAnswer struct {
	ID   text   `json:"id"`
	Name string `json:"name"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (u *userAnswer) UnmarshalJSON(b []byte) error {
	type plain userAnswer // without this method
	return jsonmembers.Decode(b, (*plain)(u))
}

// text is a string that may be written as a number, as ids are.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var n json.Number
	if json.Unmarshal(b, (*string)(t)) == nil {
		return nil
	}
	err := json.Unmarshal(b, &n)
	*t = text(n)
	return err
}

// instant is a time in the form of RFC 3339, or as seconds since 1970. Null is the zero time.
type instant struct{ time.Time }

func (i *instant) UnmarshalJSON(b []byte) error {
	var seconds *float64
	if json.Unmarshal(b, &seconds) != nil {
		return json.Unmarshal(b, &i.Time)
	}
	if seconds == nil {
		return nil
	}
	if *seconds <= 0 || *seconds > maxInstant {
		return errForm
	}
	i.Time = time.UnixMilli(int64(*seconds * 1000))
	return nil
}

// maxInstant is the latest time in seconds that is understood, in the year 9999. A greater number
// was meant as milliseconds.
const maxInstant = 253402300799

var (
	errForm    = errors.New("it is not of the form that hooks.authorize has to answer in")
	errUser    = errors.New("user.id is missing, too long or not printable")
	errAccess  = errors.New(`access is none of "none", "read", "write" and "admin"`)
	errCache   = errors.New("cache_seconds is negative")
	errExpired = errors.New("expires_at is over")
)

// maxName bounds ids and names of users, and names of roles, in bytes.
const maxName = 255

// grant returns what an answer grants, at a time.
func (r request) grant(a httpcall.Answer, cfg Config, asked time.Time) (Grant, error) {
	var m grantAnswer
	if a.Status != 200 || mediaType(&a) != "application/json" || jsonmembers.Decode(a.Body, &m) != nil {
		return Grant{}, r.fail(ErrAnswer, a.Status, errForm)
	}
	if err := m.check(); err != nil {
		return Grant{}, r.fail(ErrAnswer, a.Status, err)
	}
	if m.Access == None {
		e := r.fail(ErrForbidden, a.Status, nil)
		e.Reason = readable(m.Reason)
		return Grant{}, e
	}
	if !m.Expires.IsZero() && !time.Now().Before(m.Expires.Time) {
		return Grant{}, r.fail(ErrUnauthorized, a.Status, errExpired)
	}
	g := Grant{
		ID: string(m.User.ID), Name: m.User.Name, Access: m.Access, Roles: m.Roles,
		Expires: m.Expires.Time, Asked: asked, Until: asked.Add(cfg.PositiveTTL),
	}
	if m.Cache != nil {
		g.Until = asked.Add(time.Duration(min(*m.Cache, MaxCache.Seconds()) * float64(time.Second)))
	}
	return g, nil
}

func (m *grantAnswer) check() error {
	switch {
	case !slices.Contains([]Access{None, Read, Write, Admin}, m.Access):
		return errAccess
	case m.Access == None:
		return nil
	case m.User == nil || !printable(string(m.User.ID)) || m.User.ID == "" ||
		!printable(m.User.Name):
		return errUser
	case m.Cache != nil && *m.Cache < 0:
		return errCache
	case slices.ContainsFunc(m.Roles, func(role string) bool { return !printable(role) }):
		return errForm
	}
	return nil
}

func printable(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
