package civicpress

import (
	"cmp"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// Config is the configuration of a Client. All fields but URL may be zero, and then have the
// default that their comment names.
type Config struct {
	// URL is the address of the API without /api/v1: "http://127.0.0.1:3000".
	URL string
	// Secret is CivicPress' CIVICPRESS_SECRET, 64 hexadecimal digits or more. With it, tokens that
	// CivicPress did not sign are refused without a call. Empty: there is a call for each.
	Secret string
	// Token is the token of calls whose own is "". Empty: such calls fail.
	Token string
	// Options are those of calls: all are calls of one server, and MaxBody is 10 MiB, the API's own
	// limit.
	//
	// PositiveTTL is for sessions. The rights of a user, and that a record is shown, are cached
	// twice as long; rights ten times as long while the user is shown drafts or saves them.
	// Refusals of records that are missing or hidden from the bearer are cached for a third of
	// NegativeMax at most. MaxStale counts from the last answer, and holds while the API is rate
	// limited or down, or has the last quarter of its allowance left, which is kept for drafts and
	// for users that are not cached yet. RefreshPause is for records, too, and the cache has as
	// many records as Sessions.
	httpcall.Options
	// UnsupportedTTL is the time for which snapshots count as unsupported after the API answered
	// without the route. 30 min.
	UnsupportedTTL time.Duration
}

func (c Config) withDefaults() Config {
	c.Options = c.Options.WithDefaults(10 << 20)
	c.UnsupportedTTL = cmp.Or(c.UnsupportedTTL, 30*time.Minute)
	return c
}

// String returns no field: some are secrets.
func (c Config) String() string { return "civicpress.Config{…}" }

// GoString does the same for %#v.
func (c Config) GoString() string { return c.String() }

// MarshalText does the same for logs in JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
