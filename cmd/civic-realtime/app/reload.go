package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// ReloadResult says what a reload has done.
type ReloadResult struct {
	Changed  []string // keys whose new value is in effect
	Restart  []string // keys with a new value that takes effect after a restart
	Warnings []string // as at the start
}

var errNotRunning = errors.New("the server is not running")

// Reload reads the file again, and the files that it names, and puts into effect what can change
// while people write. The environment and the flags are those of the start. If anything is wrong it
// changes nothing, and its error has all errors. It may be called at any time while the server
// runs, by several goroutines. By names who asks for it.
func (s *Server) Reload(ctx context.Context) (ReloadResult, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if s.status != "" && s.parts != nil && !s.parts.server.Draining() {
		s.systemd.Reloading()
		defer s.systemd.Ready(s.status)
	}
	r, err := s.reload()
	if s.parts != nil {
		s.parts.reloads.count(err)
		auditReload(ctx, s.trail, r.Changed, err)
	}
	if err != nil {
		s.Log.Error("configuration not reloaded: nothing has changed",
			slog.String("reason", err.Error()))
		return ReloadResult{}, err
	}
	for _, w := range r.Warnings {
		s.Log.Warn(w)
	}
	level := slog.LevelInfo
	if len(r.Restart) > 0 {
		level = slog.LevelWarn
	}
	s.Log.Log(ctx, level, "configuration reloaded",
		slog.String("changed", listedOr(r.Changed, "nothing")),
		slog.String("needs_restart", listedOr(r.Restart, "nothing")))
	return r, nil
}

func listedOr(keys []string, none string) string {
	if len(keys) == 0 {
		return none
	}
	return strings.Join(keys, ", ")
}

// reload is Reload with reloading held.
func (s *Server) reload() (r ReloadResult, err error) {
	if s.parts == nil {
		return r, errNotRunning
	}
	read := s.config.again()
	wanted, err := read.finished()
	if err = errors.Join(err, wanted.CheckServer()); err != nil {
		return r, err
	}
	next, restart, err := s.config.withReloadable(read)
	if err != nil {
		return r, fmt.Errorf("%w; %s need a restart", err, strings.Join(restart, ", "))
	}
	r.Changed, r.Restart = s.config.differences(&next), restart
	r.Warnings = wanted.Warnings()
	if err := s.apply(next); err != nil {
		return r, err
	}
	replaced, err := s.certs.reload()
	r.Changed = append(r.Changed, replaced...)
	return r, err
}

// apply puts a configuration into effect.
func (s *Server) apply(next Config) error {
	next.Auth.JWT.remote = s.config.Auth.JWT.remote
	if next.Auth.JWT.Secret == "" {
		next.Auth.JWT.own = s.config.Auth.JWT.own
	}
	dir, err := filepath.Abs(next.DataDir)
	if err != nil {
		return err
	}
	before := s.config
	s.config = next
	if err = s.showRooms(dir); err == nil {
		err = s.parts.reconfigure(&s.config)
	}
	if err != nil {
		s.config = before
	}
	return err
}

// withReloadable returns the configuration of read, except that the keys that cannot change while
// the server runs have the values of c. It returns those that differ.
func (c *Config) withReloadable(read Config) (next Config, restart []string, err error) {
	before := *c.read
	was, is := texts(&before), texts(&read)
	for _, v := range read.sources.Effective(&read, settings.Reference()) {
		if v.Reload {
			continue
		}
		key := v.Key
		if is[key] != was[key] {
			restart = append(restart, key)
			read.sources.KeepOrigin(key, before.sources)
		}
		yamlfile.Field(&read, v.Path).Set(yamlfile.Field(&before, v.Path))
	}
	if off(read.features.Realtime) != off(before.features.Realtime) {
		restart = append(restart, "features.realtime")
		read.features.Realtime = before.features.Realtime
	}
	next, err = read.finished()
	return next, restart, err
}

// texts returns the values of all keys in the form of variables, also secrets, with defaults.
func texts(c *Config) map[string]string {
	all := make(map[string]string)
	for _, v := range c.sources.Effective(c, settings.Reference()) {
		if all[v.Key] = yamlfile.Text(yamlfile.Field(c, v.Path)); all[v.Key] == "" {
			all[v.Key] = v.Default
		}
	}
	return all
}

// differences returns the keys that have other values in next, and the features.
func (c *Config) differences(next *Config) (changed []string) {
	was, is := texts(c), texts(next)
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if was[key] != is[key] {
			changed = append(changed, key)
		}
	}
	for _, f := range []struct {
		name     string
		was, now *yamlfile.Toggle
	}{
		{"collaborative_editing", c.features.CollaborativeEditing, next.features.CollaborativeEditing},
		{"presence_tracking", c.features.PresenceTracking, next.features.PresenceTracking},
		{"snapshots", c.features.Snapshots, next.features.Snapshots},
	} {
		if off(f.was) != off(f.now) {
			changed = append(changed, "features."+f.name)
		}
	}
	if !next.Auth.JWT.sameKeys(&c.Auth.JWT) && was["auth.jwt.secret"] == is["auth.jwt.secret"] {
		changed = append(changed, "auth.jwt (keys in files)")
	}
	if was["webhooks"] == is["webhooks"] && !c.sameWebhookSecrets(next) {
		changed = append(changed, "webhooks (secrets in files)")
	}
	return changed
}

// showRooms makes the names of rooms be logged as log.rooms says. dir is the data directory, which
// has the key of the hashes.
func (s *Server) showRooms(dir string) error {
	if !s.config.Log.hidesRooms() {
		s.logs.Rooms.Show()
		return nil
	}
	key, err := roomKey(dir, s.config.enabled())
	if err == nil {
		s.logs.Rooms.Hash(key)
	}
	return err
}
