package auth

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// entry is an entry of the claim "records".
func entry(id, access any) map[string]any { return map[string]any{"id": id, "access": access} }

// TestClaims shows which values of claims are accepted.
func TestClaims(t *testing.T) {
	const form = "token has a claim of the wrong form"
	for _, test := range []struct {
		name, claim string
		value       any
		reason      string
	}{
		{"user is a number", "sub", 7, form},
		{"name is a list", "name", []string{"Ann"}, form},
		{"one role", "roles", "clerk", ""},
		{"roles", "roles", []string{"clerk", "mayor"}, ""},
		{"role is a number", "roles", []any{"clerk", 7}, form},
		{"roles are an object", "roles", map[string]any{}, form},
		{"no records", "records", []any{}, ""},
		{"records", "records", []any{entry("a", "view"), entry("b", "edit"), entry("*", "view")}, ""},
		{"record to administrate", "records", []any{entry("a", "admin")}, ""},
		{"records are null", "records", nil, form},
		{"records are an object", "records", entry("a", "view"), form},
		{"record is a string", "records", []any{"a"}, form},
		{"record without id", "records", []any{map[string]any{"access": "view"}}, form},
		{"record id is a number", "records", []any{entry(1, "view")}, form},
		{"record without access", "records", []any{map[string]any{"id": "a"}}, form},
		{"unknown access", "records", []any{entry("a", "own")}, form},
		{"record twice", "records", []any{entry("a", "view"), entry("a", "edit")}, form},
	} {
		token := sign(t, jwt.SigningMethodHS256, secret, set(test.claim, test.value))
		if test.reason == "" {
			hmac.mustAdmit(t, test.name, token)
		} else {
			hmac.mustRefuse(t, test.name, token, test.reason)
		}
	}
}

// TestClaimNames shows that only claims with the configured names count.
func TestClaimNames(t *testing.T) {
	j := NewJWT(JWTConfig{Keys: []Key{SecretKey(secret)}, Claims: ClaimNames{ID: "uid", Name: "nick", Roles: "groups"}})
	token := sign(t, jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) {
		c["uid"], c["nick"], c["groups"] = "u2", "Bob", []string{"clerk"}
		c["roles"] = "mayor"
	})
	s, err := j.Admit(context.Background(), token, roomkey.MustParse("record:r"))
	if err != nil || s.ID != "u2" || s.Name != "Bob" || !slices.Equal(s.Roles, []string{"clerk"}) {
		t.Errorf("%+v, %v", s, err)
	}
	j.mustRefuse(t, "default names", sign(t, jwt.SigningMethodHS256, secret, nil), "token names no user")
}

// TestGrants checks the access that grants give to a room.
func TestGrants(t *testing.T) {
	for _, test := range []struct {
		name   string
		grants Grants
		room   string
		want   Access
	}{
		{"listed", Grants{"a": Edit}, "record:a", Edit},
		{"to view", Grants{"a": View}, "record:a", View},
		{"not listed", Grants{"a": Edit}, "record:b", ""},
		{"nothing listed", Grants{}, "record:a", ""},
		{"any", Grants{"*": View}, "record:a", View},
		{"its own before any", Grants{"*": View, "a": Edit}, "record:a", Edit},
		{"its own before any, to view", Grants{"*": Edit, "a": View}, "record:a", View},
		{"a record called *", Grants{"*": View}, "record:*", View},
		{"a kind that is no record", Grants{"*": Edit}, "dashboard:a", ""},
	} {
		who, err := Session{Grants: test.grants}.identity(roomkey.MustParse(test.room))
		got := Edit
		switch {
		case err == errNoAccess:
			got = ""
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		case who.ReadOnly:
			got = View
		}
		if got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// TestGrantsAreOptional shows that a token without the claim "records" opens all records.
func TestGrantsAreOptional(t *testing.T) {
	s := hmac.mustAdmit(t, "no records", sign(t, jwt.SigningMethodHS256, secret, nil))
	if who, err := s.identity(roomkey.MustParse("record:a")); err != nil || !reflect.DeepEqual(who, s.Identity) {
		t.Errorf("%+v, %v", who, err)
	}
}
