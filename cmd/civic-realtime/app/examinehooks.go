package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/doctor"
	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/hooks"
)

// doctorRoom is the document, and the token, of doctor's calls of hooks. Neither exists.
const doctorRoom = "civic-realtime-doctor"

// examineHooks makes doctor call the hooks, with the configured secret and with a random one.
func (c *Config) examineHooks(s *doctor.Subject) {
	if !c.Hooks.set() || len(c.Hooks.secrets) == 0 {
		return
	}
	cfg := c.Hooks.client()
	cfg.Attempts = 1
	signed, err := hooks.New(cfg)
	cfg.Secrets = []standardwebhooks.Secret{randomSecret()}
	forged, bad := hooks.New(cfg)
	if err != nil || bad != nil {
		return // it is one of the errors
	}
	format := hooks.Format(c.Hooks.Format)
	add := func(name, url string, call func(context.Context, *hooks.Client) error) {
		if url == "" {
			return
		}
		h := doctor.Hook{Name: name}
		if call != nil {
			h.Call = func(ctx context.Context) error { return call(ctx, signed) }
			h.Forged = func(ctx context.Context) error { return call(ctx, forged) }
		}
		s.Hooks = append(s.Hooks, h)
	}
	add("authorize", c.Hooks.Authorize, askAboutNobody)
	add("load", c.Hooks.Load, func(ctx context.Context, client *hooks.Client) error {
		_, err := client.Load(ctx, doctorRoom, format)
		return unless(err, hooks.ErrNotFound, hooks.ErrGone)
	})
	add("store", c.Hooks.Store, nil)
}

var errGrantsAll = errors.New("hooks.authorize: a token that was made up is accepted")

// askAboutNobody asks about a token that cannot be valid.
func askAboutNobody(ctx context.Context, client *hooks.Client) error {
	_, err := client.Authorize(ctx, hooks.Question{Token: doctorRoom, Room: doctorRoom})
	if err == nil {
		return errGrantsAll
	}
	return unless(err, hooks.ErrUnauthorized, hooks.ErrForbidden, hooks.ErrNotFound, hooks.ErrGone)
}

// unless returns nil for an error that is one of others.
func unless(err error, others ...error) error {
	for _, other := range others {
		if errors.Is(err, other) {
			return nil
		}
	}
	return err
}

// randomSecret returns a secret that no receiver has.
func randomSecret() standardwebhooks.Secret {
	key := make([]byte, standardwebhooks.MinSecret)
	_, _ = rand.Read(key) // never fails
	text := standardwebhooks.SecretPrefix + base64.StdEncoding.EncodeToString(key)
	secret, _ := standardwebhooks.ParseSecret(text)
	return secret
}
