package main

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
)

const testSecret = "thirty-two bytes of the greatest secrecy"

// TestTokenCommand shows that the tokens of the command have the identity, roles and grants of its
// flags.
func TestTokenCommand(t *testing.T) {
	inEnv := []string{"CIVIC_REALTIME_JWT_SECRET=" + testSecret}
	file := write(t, "secret", testSecret+"\n")
	config := write(t, "c.yml", "realtime:\n  auth: {jwt: {secret: "+testSecret+"}}\n")
	ann := auth.Session{Identity: engine.Identity{ID: "u1"}}
	for _, test := range []struct {
		name string
		env  []string
		args string
		want func(*auth.Session)
		ttl  time.Duration
	}{
		{"least", inEnv, "", nil, time.Hour},
		{"secret in a file", nil, "--jwt-secret-file " + file, nil, time.Hour},
		{"secret in the configuration", nil, "--config " + config, nil, time.Hour},
		{"name, roles and time", inEnv, "--name Ann --role clerk --role a,b --ttl 5m", func(s *auth.Session) {
			s.Name, s.Roles = "Ann", []string{"clerk", "a,b"}
		}, 5 * time.Minute},
		{"a record", inEnv, "--record a", func(s *auth.Session) { s.Grants = auth.Grants{"a": "edit"} }, time.Hour},
		{"records to view", inEnv, "--record a --record b,c --access view", func(s *auth.Session) {
			s.Grants = auth.Grants{"a": "view", "b,c": "view"}
		}, time.Hour},
		{"a record to administrate", inEnv, "--record a --access admin", func(s *auth.Session) { s.Grants = auth.Grants{"a": "admin"} }, time.Hour},
		{"each its own", inEnv, "--record a --access edit --record * --access view", func(s *auth.Session) {
			s.Grants = auth.Grants{"a": "edit", "*": "view"}
		}, time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, test.env, append([]string{"token", "--user", "u1"}, strings.Fields(test.args)...)...)
			output, code := p.end()
			token, rest, _ := strings.Cut(output, "\n")
			if code != 0 || rest != "" || p.stderr.Len() > 0 {
				t.Fatalf("exit code %d: %s%s", code, output, &p.stderr)
			}
			j := auth.NewJWT(auth.JWTConfig{Keys: []auth.Key{auth.SecretKey([]byte(testSecret))}, Leeway: 1})
			got, err := j.Admit(context.Background(), token, roomkey.MustParse("record:r"))
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(got.Expires); left > test.ttl || left < test.ttl-patience {
				t.Errorf("it ends in %v", left)
			}
			want := ann
			if test.want != nil {
				test.want(&want)
			}
			if got.Expires = (time.Time{}); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// TestTokenOfConfiguration shows that tokens have the issuer, the audience and the names of claims
// in the configuration.
func TestTokenOfConfiguration(t *testing.T) {
	config := write(t, "c.yml", "realtime:\n  auth: {jwt: {secret: "+testSecret+", issuer: town, audience: web, claims: {id: uid, name: nick, roles: groups}}}\n")
	output, _ := start(t, nil, "token", "--config", config, "--user", "u1", "--name", "Ann", "--role", "clerk").end()
	j := auth.NewJWT(auth.JWTConfig{Keys: []auth.Key{auth.SecretKey([]byte(testSecret))}, Issuer: "town", Audience: "web",
		Claims: auth.ClaimNames{ID: "uid", Name: "nick", Roles: "groups"}})
	s, err := j.Admit(context.Background(), strings.TrimSpace(output), roomkey.MustParse("record:r"))
	if err != nil || s.ID != "u1" || s.Name != "Ann" || !reflect.DeepEqual(s.Roles, []string{"clerk"}) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestBadTokenCommand shows that errors of the token command name the flag that is wrong or
// missing.
func TestBadTokenCommand(t *testing.T) {
	inEnv := []string{"CIVIC_REALTIME_JWT_SECRET=" + testSecret}
	for _, test := range []struct {
		name string
		env  []string
		args []string
		says []string
	}{
		{"no secret", nil, []string{"--user", "u1"}, []string{"no secret", "auth.jwt.secret", "CIVIC_REALTIME_JWT_SECRET", "--jwt-secret-file"}},
		{"no user", inEnv, nil, []string{"--user"}},
		{"empty user", inEnv, []string{"--user", ""}, []string{"--user"}},
		{"no such time", inEnv, []string{"--user", "u1", "--ttl", "x"}, []string{`--ttl: "x" is not a time above 0 with its unit`}},
		{"no time", inEnv, []string{"--user", "u1", "--ttl", "0s"}, []string{"--ttl"}},
		{"too long a time", inEnv, []string{"--user", "u1", "--ttl", "25h"}, []string{"--ttl", "24h", "auth.max_token_age"}},
		{"unknown access", inEnv, []string{"--user", "u1", "--record", "a", "--access", "own"}, []string{"--access", "view", "edit", "admin"}},
		{"access to nothing", inEnv, []string{"--user", "u1", "--access", "view"}, []string{"--access", "--record"}},
		{"access to one too many", inEnv, []string{"--user", "u1", "--record", "a", "--access", "view", "--access", "edit"}, []string{"--access", "--record"}},
		{"a record twice", inEnv, []string{"--user", "u1", "--record", "a", "--record", "a"}, []string{"--record", "twice"}},
		{"empty record", inEnv, []string{"--user", "u1", "--record", ""}, []string{"--record", "empty"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			start(t, test.env, append([]string{"token"}, test.args...)...).mustEnd(2, test.says...)
		})
	}
}
