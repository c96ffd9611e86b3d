package access

import (
	"slices"
	"strings"
	"time"
)

// Grant allows to do something with some rooms.
type Grant struct {
	Rooms  Rooms   `json:"rooms"`
	Scopes []Scope `json:"scopes"`
}

// Caller is a program that has shown an API key, or a token.
type Caller struct {
	// Name is that of the key, or "user:" and the id of the user of a token. Requests are counted
	// by it, and it is in the log and the audit trail.
	Name string `json:"name"`
	// UserID and UserName are those of the user in whose name a token lets a program act. For a key
	// they are its name.
	UserID   string `json:"user_id"`
	UserName string `json:"user_name"`
	// Expires is the end of a token; zero: never. What the caller makes does not outlive it.
	Expires time.Time `json:"expires,omitzero"`
	Grants  []Grant   `json:"grants"`
}

// ofUser begins the names of callers with a token, so that none has the name of a key.
const ofUser = "user:"

// Anybody is the caller of a server for development, who may do everything.
func Anybody() *Caller {
	return &Caller{
		Name: "anybody", UserID: "anybody", UserName: "Anybody",
		Grants: []Grant{{Rooms: Rooms{"*"}, Scopes: all}},
	}
}

// IsUser reports whether the caller has the token of a user, and no key.
func (c *Caller) IsUser() bool { return strings.HasPrefix(c.Name, ofUser) }

// May reports whether the caller has a scope for a room.
func (c *Caller) May(s Scope, room string) bool {
	return slices.ContainsFunc(c.Grants, func(g Grant) bool {
		return slices.Contains(g.Scopes, s) && g.Rooms.Has(room)
	})
}

// Has reports whether the caller has a scope for any room.
func (c *Caller) Has(s Scope) bool {
	return slices.ContainsFunc(c.Grants, func(g Grant) bool {
		return slices.Contains(g.Scopes, s)
	})
}

// OfToken returns the caller of a token for programs: rooms and access of each entry of its claim.
// ok is false if an entry has an access or a room that is none: a guess might grant more than the
// issuer meant.
func OfToken(id, name string, expires time.Time, entries []Entry) (c *Caller, ok bool) {
	c = &Caller{Name: ofUser + id, UserID: id, UserName: name, Expires: expires}
	for _, e := range entries {
		scopes, known := accesses[e.Access]
		rooms, err := ParseRooms(e.Rooms)
		if !known || err != nil {
			return nil, false
		}
		c.Grants = append(c.Grants, Grant{rooms, scopes})
	}
	return c, true
}

// Entry is an entry of the claim of a token for programs.
type Entry struct {
	Rooms  []string
	Access string // "read", "write" or "admin"
}
