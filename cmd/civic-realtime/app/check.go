package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport"
)

// finished returns the configuration with its defaults, and with what is in the files that keys
// name. Its error has all errors, also those of the sources, each with the origin of the value that
// it is about.
func (c Config) finished() (Config, error) {
	read := c
	c.read = &read
	c.complete()
	c.Enabled = new(yamlfile.Toggle(c.enabled() && !off(c.features.Realtime)))
	return c, errors.Join(c.sources.Err(), c.sources.Locate(c.check()))
}

// check returns all errors of c.
func (c *Config) check() error {
	c.chooseViewers()
	c.Auth.JWT.maxAge = time.Duration(c.Auth.MaxTokenAge)
	return errors.Join(
		c.checkWords(),
		c.checkNumbers(),
		c.readCloseCodes(),
		c.readLists(),
		c.Admin.read(c.enabled(), c.dev),
		c.checkTLS(),
		c.Documents.read(),
		c.Drain.check(),
		c.Memory.read(),
		c.Suspicious.check(),
		c.CivicPress.read(time.Duration(c.Auth.Recheck)),
		c.Hooks.read(time.Duration(c.Auth.Recheck)),
		c.Auth.JWT.read(),
		c.API.read(),
		c.checkAPI(),
		c.checkCluster(),
		c.readWebhooks(),
		c.checkTogether(),
		c.checkHooks())
}

// checkWords checks the keys whose value is one of a few words.
func (c *Config) checkWords() (err error) {
	for _, word := range []struct {
		key, value string
		known      []string
	}{
		{"durability", c.Durability, []string{"sync", "async", "off"}},
		{"compression", c.Compression, []string{"off", "large"}},
		{"auth.viewers", c.Auth.Viewers, []string{"published", "admit", "reject"}},
		{"presence.identity", c.Presence.Identity, []string{"enforce", "trust"}},
		{"log.format", c.Log.Format, []string{"auto", "text", "json"}},
		{"log.rooms", cmp.Or(c.Log.Rooms, "name"), []string{"name", "hash"}},
		{"snapshots.algorithm", cmp.Or(c.Snapshots.Algorithm, "zstd"), []string{"zstd", "gzip", "none"}},
	} {
		err = errors.Join(err, checkWord(word.key, word.value, word.known))
	}
	if err == nil {
		err = c.Snapshots.algorithm.UnmarshalText([]byte(cmp.Or(c.Snapshots.Algorithm, "zstd")))
	}
	return err
}

// checkNumbers checks numbers, and other keys whose value can be wrong by itself.
func (c *Config) checkNumbers() (err error) {
	if c.Path == "/" {
		err = errors.Join(err, errors.New("path: must not be /"))
	}
	err = errors.Join(err, c.checkHocuspocus())
	if slices.Contains(c.Auth.AllowedRoles, "") {
		err = errors.Join(err, errors.New("auth.allowed_roles: a role must not be empty"))
	}
	if c.Limits.DocumentWarn > c.documentBytes() {
		err = errors.Join(err, errors.New("limits.document_warn_bytes: must not be above limits.document_bytes"))
	}
	return err
}

// checkTogether checks keys that contradict each other.
func (c *Config) checkTogether() (err error) {
	if c.Auth.Viewers == "published" && c.CivicPress.URL == "" {
		err = errors.Join(err, errors.New("auth.viewers: published needs civicpress.url, as only CivicPress knows what is"))
	}
	if c.CivicPress.URL == "" && c.setsBelow("civicpress.") {
		err = errors.Join(err, errors.New("civicpress.url: is missing, and without it nothing else below civicpress has an effect"))
	}
	hasToken := c.CivicPress.Token != "" || c.CivicPress.TokenFile != ""
	if c.CivicPress.URL != "" && c.Auth.JWT.hasKeys() && !hasToken {
		err = errors.Join(err, errJWTNeedsToken)
	}
	return err
}

// chooseViewers fills in auth.viewers. The default depends on CivicPress' URL, which a
// flag may set.
func (c *Config) chooseViewers() {
	switch {
	case c.Auth.Viewers != "":
	case c.CivicPress.URL != "":
		c.Auth.Viewers = "published"
	default:
		c.Auth.Viewers = "admit"
	}
}

// readCloseCodes reads close_codes. The default depends on CivicPress' URL, which a flag may set.
func (c *Config) readCloseCodes() error {
	switch {
	case c.CloseCodes == "" && c.CivicPress.URL != "":
		c.CloseCodes = "civicpress"
	case c.CloseCodes == "":
		c.CloseCodes = "standard"
	}
	if err := c.closeCodes.UnmarshalText([]byte(c.CloseCodes)); err != nil {
		return fmt.Errorf("close_codes: %w", err)
	}
	return nil
}

// errJWTNeedsToken prevents records that begin empty, as their text cannot be loaded, and are then
// saved over that text.
var errJWTNeedsToken = errors.New("civicpress.token: is missing; bearers of JWTs have no session of CivicPress', so their records are loaded and saved with this token")

// Warnings lists the keys of c that have another effect than their author may expect.
func (c *Config) Warnings() (w []string) {
	w = slices.Clone(c.sources.Remarks)
	if s := c.Auth.JWT.Secret; s != "" && len(s) < 32 && !c.dev {
		w = append(w, "auth.jwt.secret has fewer than 32 bytes: it can be guessed from a token")
	}
	if c.dev && c.CivicPress.URL != "" {
		w = append(w, "civicpress.url has no effect: in development mode everybody is let in, and records begin empty")
	}
	w = append(w, c.Hooks.warnings(c.dev)...)
	if c.Rooms.CleanupTimeout != 0 && c.CivicPress.URL == "" && c.Hooks.Load == "" {
		w = append(w, "rooms.cleanup_timeout has no effect: without civicpress.url rooms stay for snapshots.keep_unowned")
	}
	w = append(w, c.Admin.warnings()...)
	noInterval := c.Snapshots.Interval != nil && *c.Snapshots.Interval == 0
	if c.Durability == "off" && (noInterval || c.snapshotsOff()) {
		w = append(w, "durability: off, and no snapshots by time: what is written may be stored when its room is unloaded, and not before")
	}
	w = append(w, c.clusterWarnings()...)
	w = append(w, c.apiWarnings()...)
	if plain := c.plainWarning(); plain != "" {
		w = append(w, plain)
	}
	return append(w, c.limitWarnings()...)
}

// documentBytes returns the size of the largest document.
func (c *Config) documentBytes() yamlfile.Count {
	return cmp.Or(c.Limits.DocumentBytes, engine.DefaultDocumentBytes)
}

// LargestDocument returns the size of the largest document in bytes.
func (c *Config) LargestDocument() int { return int(c.documentBytes()) }

// limitWarnings lists the limits that have another effect than they seem to have.
func (c *Config) limitWarnings() (w []string) {
	least := engine.MessageBytes(int(c.documentBytes()))
	if n := int(c.Limits.FrameBytes); n != 0 && n < least {
		w = append(w, fmt.Sprintf("limits.frame_bytes: below %d a client may be unable to send a document that limits.document_bytes allows", least))
	}
	if c.Limits.UpdateBytes != 0 {
		w = append(w, "limits.update_bytes has no effect: an update may be as long as limits.document_bytes allows")
	}
	if c.Limits.InvalidMessages != 0 {
		w = append(w, "limits.invalid_messages has no effect: a malformed message counts as ten against the rate, and closes no connection by itself")
	}
	return w
}

// CheckServer returns the errors of a configuration that Load accepts for commands, but with which
// no server can run.
func (c *Config) CheckServer() error {
	_, err := c.address()
	hasKeys := c.Auth.JWT.hasKeys() || c.Auth.JWT.names() != ""
	asks := c.CivicPress.URL != "" || c.Hooks.Authorize != "" ||
		c.API.on() && c.API.KeysFile != "" // which makes tokens
	if c.enabled() && !c.dev && !hasKeys && !asks {
		err = errors.Join(err, errNoAuth)
	}
	return err
}

var errNoAuth = errors.New("nothing to check tokens with: set civicpress.url in the configuration file, CIVIC_REALTIME_CIVICPRESS_URL or --civicpress-url " +
	"to have CivicPress asked, hooks.authorize to have your own program asked, or, for JWT, auth.jwt.secret, secret_file, public_key_file, jwks_file or jwks_url in the file, " +
	"CIVIC_REALTIME_JWT_SECRET, --jwt-secret-file or --jwks-url; for development on this machine, --dev needs no tokens")

// taken are paths of the listener for clients at which there is something else than Hocuspocus.
var taken = []string{
	"/healthz", "/readyz", "/metrics", "/version", "/robots.txt", "/try", "/bundle.js", "/style.css", "/icon.svg", "/licenses.txt",
	"/v1/documents", "/v1/openapi.json",
}

// checkHocuspocus checks the path: whatever is below it is Hocuspocus'.
func (c *Config) checkHocuspocus() error {
	if off(c.Hocuspocus.Enabled) {
		return nil
	}
	h := cmp.Or(c.Hocuspocus.cleanPath(), transport.DefaultDocumentPath)
	others := append([]string{"/", c.Path}, taken...)
	for _, kind := range []string{"/record", "/records"} {
		others = append(others, kind, c.Path+kind)
	}
	for _, other := range others {
		if other == h || strings.HasPrefix(other, h+"/") {
			return fmt.Errorf("hocuspocus.path: must not be %s, as something else is at %s", h, other)
		}
	}
	return nil
}
