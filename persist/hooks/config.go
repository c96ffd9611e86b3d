package hooks

import (
	"fmt"
	"net/url"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// hook is an endpoint. Metrics have its String.
type hook int

const (
	authorize hook = iota
	load
	store
	hooks
)

var hookNames = [hooks]string{"authorize", "load", "store"}

func (o hook) String() string { return hookNames[o] }

// name returns the name of the hook in errors.
func (o hook) name() string { return "hooks." + o.String() }

// Config is the configuration of a Client. All fields but the secrets may be zero, and then have
// the default that their comment names.
type Config struct {
	// Authorize, Load and Store are the URLs of the endpoints. Empty: it is not called, and calls
	// fail with ErrConfig.
	Authorize, Load, Store string
	// Secrets sign the calls: the first one, and others while a secret is replaced.
	Secrets []standardwebhooks.Secret
	// Options are those of calls: each endpoint is a server of its own, and MaxBody is 100 MiB.
	// PositiveTTL is used if an answer about a token names no other time; MaxStale is added to that
	// time.
	httpcall.Options
}

// MaxCache bounds the time for which a receiver can have an answer cached.
const MaxCache = 24 * time.Hour

// defaultMaxBody is the default of Config.MaxBody, in bytes.
const defaultMaxBody = 100 << 20

// maxAuthorizeAnswer bounds an answer about a token, in bytes.
const maxAuthorizeAnswer = 64 << 10

// check returns what is wrong with a configuration, as an ErrConfig.
func (c Config) check() error {
	for op, address := range c.urls() {
		if err := checkURL(address); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrConfig, hook(op), err)
		}
	}
	if len(c.Secrets) == 0 || c.Secrets[0].IsZero() {
		return fmt.Errorf("%w: there is no secret to sign calls with", ErrConfig)
	}
	return c.Options.Check()
}

func (c Config) urls() [hooks]string { return [...]string{c.Authorize, c.Load, c.Store} }

// checkURL does not quote the URL, which may have a password. A query is allowed.
func checkURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case address == "":
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("the URL is not http://host:port/path or https://…")
	case u.User != nil || u.Fragment != "":
		return fmt.Errorf("the URL has a user or a fragment; calls are signed with hooks.secret")
	}
	return nil
}

// String returns no field: some are secrets.
func (c Config) String() string { return "hooks.Config{…}" }

// GoString does the same for %#v.
func (c Config) GoString() string { return c.String() }

// MarshalText does the same for logs in JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
