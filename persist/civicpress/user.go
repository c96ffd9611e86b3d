package civicpress

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/persist/jsonmembers"
)

// Permissions that this package knows. All includes every other.
const (
	All           = "*"
	RecordsView   = "records:view"
	RecordsEdit   = "records:edit"
	RecordsCreate = "records:create" // needed to save a draft where there is none
)

// User is the user that a token belongs to. ID, DisplayName and AvatarURL may be shown to others;
// Username, Role and Permissions may not. The e-mail address is never read.
type User struct {
	ID          string
	Username    string // may be an e-mail address
	Name        string // may be empty
	AvatarURL   string
	Role        string
	Permissions []string
	FetchedAt   time.Time // when the API was asked
}

// Access has the rights of a user on records.
type Access struct{ View, Edit bool }

// Can reports whether the user has a permission.
func (u User) Can(permission string) bool {
	return slices.Contains(u.Permissions, permission) || slices.Contains(u.Permissions, All)
}

// Access returns the user's rights on records in general. Editors may view.
func (u User) Access() Access {
	edit := u.Can(RecordsEdit)
	return Access{View: edit || u.Can(RecordsView), Edit: edit}
}

// DisplayName returns the name that others see: the name, else the username, and of an e-mail
// address the part before the @.
func (u User) DisplayName() string {
	name := u.Name
	if name == "" {
		name = u.Username
	}
	if !strings.Contains(name, " ") {
		name, _, _ = strings.Cut(name, "@")
	}
	return name
}

// String returns the id only.
func (u User) String() string { return fmt.Sprintf("civicpress.User{%s}", u.ID) }

// GoString does the same for %#v.
func (u User) GoString() string { return u.String() }

// MarshalText does the same for logs in JSON.
func (u User) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// userAnswer is the answer of /auth/me.
type userAnswer struct {
	User *userFields `json:"user"`
}

type userFields struct {
	ID          text     `json:"id"`
	Username    text     `json:"username"`
	Name        text     `json:"name"`
	AvatarURL   text     `json:"avatar_url"`
	Role        text     `json:"role"`
	Permissions []string `json:"permissions"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *userFields) UnmarshalJSON(b []byte) error { return jsonmembers.Decode(b, p) }

// text is a string that may be written as a number, as ids are, or as null.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var n json.Number
	if json.Unmarshal(b, (*string)(t)) == nil || string(b) == "null" {
		return nil
	}
	err := json.Unmarshal(b, &n)
	*t = text(n)
	return err
}
