package civicpress

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Permissions that matter here. All stands for every other.
const (
	All           = "*"
	RecordsView   = "records:view"
	RecordsEdit   = "records:edit"
	RecordsCreate = "records:create" // needed to save a draft where there is none
)

// User is who a token belongs to, as the API says. Others are shown ID, Shown and
// AvatarURL. Username, Role and Permissions are theirs and the server's business;
// the e-mail address is not even read.
type User struct {
	ID          string
	Username    string // may be an address
	Name        string // may be empty
	AvatarURL   string
	Role        string
	Permissions []string
	FetchedAt   time.Time // when the API was asked that said so
}

// Access is what somebody may do with records.
type Access struct{ View, Edit bool }

// Can says whether the user has a permission.
func (u User) Can(permission string) bool {
	return slices.Contains(u.Permissions, permission) || slices.Contains(u.Permissions, All)
}

// Access is what the permissions say about records in general. Who may edit may view.
func (u User) Access() Access {
	edit := u.Can(RecordsEdit)
	return Access{View: edit || u.Can(RecordsView), Edit: edit}
}

// DisplayName is what others call the user: the name, else the username, and of an e-mail
// address the part that does not tell where to write to.
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

// String tells the id only.
func (u User) String() string { return fmt.Sprintf("civicpress.User{%s}", u.ID) }

// GoString does the same for %#v.
func (u User) GoString() string { return u.String() }

// MarshalText does the same for logs in JSON.
func (u User) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// userAnswer is a User as /auth/me writes it.
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
func (p *userFields) UnmarshalJSON(b []byte) error { return decodeMembers(b, p) }

// text takes numbers too, as ids are, and null.
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

// fetchUser asks the API.
func (c *Client) fetchUser(ctx context.Context, token string) (User, error) {
	r := request{op: checkSession, method: http.MethodGet, path: "/auth/me", token: token, idempotent: true}
	data, err := c.call(ctx, r)
	if err != nil {
		return User{}, err
	}
	var m userAnswer
	if err := r.decode(data, &m); err != nil {
		return User{}, err
	}
	if m.User == nil || m.User.ID == "" {
		return User{}, r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	u := m.User
	return User{
		ID: string(u.ID), Username: string(u.Username), Name: string(u.Name), AvatarURL: string(u.AvatarURL),
		Role: string(u.Role), Permissions: u.Permissions,
	}, nil
}
