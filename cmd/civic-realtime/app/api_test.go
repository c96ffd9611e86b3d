package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// TestAPIConfig shows which configurations of the documents API are refused, and that no error has
// a part of a key.
func TestAPIConfig(t *testing.T) {
	keys := func(text string) string {
		return fmt.Sprintf("{enabled: true, keys_file: '%s'}", write(t, "keys.yml", text))
	}
	for _, test := range []struct{ api, more, want string }{
		{keys(apiKeys), "", ""},
		{"{enabled: true}", "", "nobody could use the API"},
		{"{enabled: true}", "auth: {jwt: {secret: " + testSecret + "}}", ""},
		{"{enabled: true, audience: a}", "auth: {jwt: {secret: " + testSecret + ", audience: a}}", "must not be auth.jwt.audience"},
		{"{enabled: true, keys_file: /none}", "", "api.keys_file"},
		{keys("[{name: a, key: short-secret, scopes: ['documents:read'], rooms: ['*']}]"), "", "fewer than 32 bytes"},
		{keys("[{name: a, kee: short-secret}]"), "", "unknown field"},
		{keys("short-secret"), "", "api.keys_file"},
	} {
		_, err := parse(t, "realtime:\n  api: "+test.api+"\n  "+test.more+"\n")
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", test.api, err)
		}
		if err != nil && strings.Contains(err.Error(), "short-secret") {
			t.Errorf("%v", err)
		}
	}
}

// TestOwnTokenKey shows that a server with API keys alone signs tokens that it admits: with a key
// in its data directory, which stays, or with one of all nodes; and that there is none where the
// configuration has a secret.
func TestOwnTokenKey(t *testing.T) {
	c, err := parse(t, fmt.Sprintf("realtime: {api: {enabled: true, keys_file: '%s'}}", write(t, "keys.yml", apiKeys)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first, err := new(components).ownTokenKey(&c, dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := new(components).ownTokenKey(&c, dir)
	if err != nil || !bytes.Equal(first(), again()) || len(first()) != 32 {
		t.Errorf("%v", err)
	}
	c.Auth.JWT.own = first
	session := auth.Session{Identity: engine.Identity{ID: "u1"}, Grants: auth.Grants{"r": auth.Edit}}
	token, err := c.signer()(session, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	s, err := auth.NewJWT(c.Auth.JWT.transport()).Admit(context.Background(), token, roomkey.MustParse("record:r"))
	if err != nil || s.ID != "u1" || s.Access(roomkey.MustParse("record:r")) != auth.Edit || s.Access(roomkey.MustParse("record:q")) != "" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := c.signer()(session, 48*time.Hour); !errors.Is(err, auth.ErrTTL) {
		t.Errorf("%v", err)
	}
	if a, b := tokenKeyOf("secret"), tokenKeyOf("another"); bytes.Equal(a, b) || !bytes.Equal(a, tokenKeyOf("secret")) {
		t.Error("the key of nodes is not made of their secret")
	}
	c.Auth.JWT.Secret = testSecret
	if key, err := new(components).ownTokenKey(&c, dir); key != nil || err != nil {
		t.Errorf("beside a secret: %v", err)
	}
}
