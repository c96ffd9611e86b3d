package app

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/docname"
)

// Schema returns the mapping between editors' documents and Markdown.
func (c *Config) Schema() markdown.Schema { return c.Documents.schema }

// SnapshotCompression returns the algorithm that snapshots are compressed with.
func (c *Config) SnapshotCompression() snapshot.Algorithm { return c.Snapshots.algorithm }

// ErrNoSecret is returned by SignToken when the configuration has no secret.
var ErrNoSecret = errors.New("no secret to sign with: set auth.jwt.secret or auth.jwt.secret_file in the configuration file, " +
	"CIVIC_REALTIME_JWT_SECRET, or --jwt-secret-file")

// SignToken returns a token that a server with this configuration accepts.
func (c *Config) SignToken(s auth.Session, ttl time.Duration) (string, error) {
	if c.Auth.JWT.Secret == "" {
		return "", ErrNoSecret
	}
	return c.Auth.JWT.transport().Sign([]byte(c.Auth.JWT.Secret), s, ttl)
}

// Audit appends a line about what a command has done to the trail, if there is one; failed is the
// command's error.
func (c *Config) Audit(l audit.Line, failed error) error {
	l.OK = new(failed == nil)
	if failed != nil {
		l.Reason = failed.Error()
	}
	return audit.Append(c.Trail.File, l)
}

// HocuspocusRooms returns the rules that give documents of Hocuspocus' protocol their rooms.
func (c *Config) HocuspocusRooms() docname.Rules { return c.Hocuspocus.rules }
