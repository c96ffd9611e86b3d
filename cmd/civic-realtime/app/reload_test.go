package app

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/documents"
)

// fileOf returns a configuration file with these keys; values are YAML.
func fileOf(keys map[string]string) string {
	var out strings.Builder
	sections := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		path := strings.Split(key, ".")
		for i := range path[:len(path)-1] {
			if name := strings.Join(path[:i+1], "."); !sections[name] {
				sections[name] = true
				fmt.Fprintf(&out, "%s%s:\n", strings.Repeat("  ", i), path[i])
			}
		}
		fmt.Fprintf(&out, "%s%s: %s\n", strings.Repeat("  ", len(path)-1), path[len(path)-1], keys[key])
	}
	return out.String()
}

// reloadable is a server whose parts are open, without listeners.
type reloadable struct {
	*Server
	t *testing.T
}

// newReloadable opens the parts of a configuration, in a directory of their own.
func newReloadable(t *testing.T, c Config) *reloadable {
	t.Helper()
	s, err := New(c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.open(t.Context(), t.TempDir(), func() error { return nil }, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.engine.Drain(context.Background()), p.stores().Close()); err != nil {
			t.Error(err)
		}
	})
	return &reloadable{s, t}
}

// reloadFrom reloads with the configuration of a file.
func (r *reloadable) reloadFrom(c Config) (ReloadResult, error) {
	r.t.Helper()
	again := r.config.again
	defer func() { r.config.again = again }()
	r.config.again = func() Config { return *c.read }
	return r.Reload(r.t.Context())
}

// inEffect returns all settings of the parts, one a line.
func (r *reloadable) inEffect() (lines []string) {
	add := func(name string, v reflect.Value, without ...string) {
		for i := range v.NumField() {
			if field := v.Type().Field(i); !slices.Contains(without, field.Name) {
				lines = append(lines, fmt.Sprintf("%s.%s: %v", name, field.Name, v.Field(i)))
			}
		}
	}
	p := r.parts
	add("engine", reflect.ValueOf(p.engine.Config()), "Records", "Events", "Announce")
	add("webhooks", reflect.ValueOf(p.webhooks.Settings()))
	add("transport", reflect.ValueOf(p.server.Config()), "Events", "Metrics", "Remark", "Ready", "Programs")
	if p.hooks != nil {
		add("hooks", reflect.ValueOf(p.hooks.client.Config()))
		lines = append(lines, fmt.Sprint("hooks: ", standardwebhooks.Sign("id", 0, nil, p.hooks.client.Config().Secrets...), p.hooks.records.HoldUpdates()))
	}
	if p.civic != nil {
		add("CivicPress", reflect.ValueOf(p.civic.client.Config()))
		rules := p.civic.rules.Load()
		add("rules", reflect.ValueOf(*rules), "jwt")
		add("JWT", reflect.ValueOf(rules.jwt).Elem().FieldByName("cfg"), "Remote")
	}
	add("store", reflect.ValueOf(p.store.(interface{ Retention() persist.Retention }).Retention()), "Now")
	if p.documents != nil {
		lines = append(lines, programsGiven(p.documents.Settings()))
	}
	return append(lines, fmt.Sprint("log: ", p.logs.Levels()), fmt.Sprint("rooms: ", p.logs.Rooms.Name("r") == "r"))
}

// webhookSecret is a secret of webhooks.
const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// reloadBase has what makes all other keys valid.
func reloadBase(t *testing.T) map[string]string {
	cert, key := writeCertificate(t)
	return map[string]string{
		"tls.cert_file": "'" + cert + "'", "tls.key_file": "'" + key + "'", "admin.tls.cert_file": "'" + cert + "'", "admin.tls.key_file": "'" + key + "'",
		"civicpress.url": "'http://127.0.0.1:1'", "civicpress.token": "t1", "auth.jwt.secret": testSecret,
		"auth.jwt.jwks_url": "'https://host.example/keys'", "data_dir": "'" + t.TempDir() + "'", "admin.listen": "''",
		"redis.url": "'redis://127.0.0.1:1'", "api.enabled": "true",
		"webhooks": "[{url: 'https://a.example/', secret: " + webhookSecret + "}]",
	}
}

// reloadHooksBase is reloadBase for the keys of hooks, which exclude CivicPress.
func reloadHooksBase(t *testing.T) map[string]string {
	return map[string]string{
		"hooks.authorize": "'http://127.0.0.1:1/a'", "hooks.load": "'http://127.0.0.1:1/l'", "hooks.store": "'http://127.0.0.1:1/s'",
		"hooks.secret": standin.DefaultSecret, "data_dir": "'" + t.TempDir() + "'", "admin.listen": "''",
	}
}

// entriesOf returns the keys of hooks, or all others, which need another file.
func entriesOf(hooks bool) (entries []settings.Entry) {
	for _, e := range settings.Reference() {
		if strings.HasPrefix(e.Key, "hooks.") == hooks {
			entries = append(entries, e)
		}
	}
	return entries
}

// otherValues are values of keys whose default has no number, time, or true or false, for a file
// with the keys of base.
func otherValues(t *testing.T, base map[string]string) map[string]string {
	secret := "'" + write(t, "secret", strings.Repeat("0a", 32)) + "'"
	public := "'" + write(t, "key.pem", publicKey) + "'"
	return map[string]string{
		"host": "127.0.0.2", "path": "/other", "data_dir": "'" + t.TempDir() + "'", "durability": "async", "close_codes": "standard",
		"trusted_proxies": "[10.0.0.0/8]", "allowed_origins": "['https://town.example']", "log.format": "json", "log.level": "{engine: debug}", "log.rooms": "hash",
		"admin.listen": "127.0.0.1:0", "admin.token_file": "f", "admin.hosts": "[town.example]", "drain.wait": "1s", "drain.spread": "1s", "drain.timeout": "20s",
		"auth.jwt.secret": "other secret of thirty-two bytes", "auth.jwt.secret_file": secret, "auth.jwt.public_key_file": public, "auth.jwt.jwks_file": "'" + write(t, "keys.json", publicKeySet) + "'",
		"auth.jwt.jwks_url": "'https://other.example/keys'", "auth.jwt.issuer": "town", "auth.jwt.audience": "town", "auth.viewers": "reject", "auth.admin_permission": "none",
		"auth.allowed_roles": "[clerk]", "civicpress.url": "'http://127.0.0.1:2'", "civicpress.secret": strings.Repeat("0b", 32), "civicpress.secret_file": secret,
		"civicpress.token": "t2", "civicpress.token_file": secret, "civicpress.positive_ttl": "40s", "auth.jwt.claims.id": "uid", "auth.jwt.claims.name": "nick",
		"auth.jwt.claims.roles": "groups", "presence.identity": "trust", "snapshots.algorithm": "gzip", "snapshots.keep_unowned": "720h", "snapshots.versions_max_age": "720h", "snapshots.versions_bytes": "1000000", "documents.preset": "tiptap",
		"documents.fragment": "prosemirror", "documents.names": "{em: i}", "documents.attributes": "{code_block.params: language}", "rooms.cleanup_timeout": "60",
		"compression": "large", "audit.file": "audit.log", "tls.enabled": "false", "tls.cert": samePath(base["tls.cert_file"]), "tls.key": samePath(base["tls.key_file"]),
		"tls.cert_file": samePath(base["tls.cert_file"]), "tls.key_file": samePath(base["tls.key_file"]),
		"admin.tls.cert_file": samePath(base["tls.cert_file"]), "admin.tls.key_file": samePath(base["tls.key_file"]),
		"hooks.authorize": "'http://127.0.0.1:2/a'", "hooks.load": "'http://127.0.0.1:2/l'", "hooks.store": "'http://127.0.0.1:2/s'", "hooks.format": "yjs", "hooks.cache": "40s",
		"hooks.secret": otherHookSecret, "hooks.secret_file": "'" + write(t, "hook", otherHookSecret) + "'", "hooks.max_debounce": "9s",
		"hooks.previous_secret": otherHookSecret, "hooks.previous_secret_file": "'" + write(t, "previous", otherHookSecret) + "'",
		"memory.limit": "1TiB", "snapshots.kept_bytes": "67108865", "drafts.kept_bytes": "67108865", "limits.unfinished_bytes": "268435457",
		"limits.frame_bytes": "30000000", "limits.document_bytes": "16777217",
		"redis.url": "'redis://127.0.0.1:2'", "redis.prefix": "town", "redis.username": "u", "redis.replicas": "1", "redis.password": "p", "redis.password_file": secret,
		"redis.tls.ca_file": base["tls.cert_file"], "redis.tls.cert_file": base["tls.cert_file"], "redis.tls.key_file": base["tls.key_file"],
		"hocuspocus.path": "/collab", "hocuspocus.rooms": "['home=record:start']", "hocuspocus.stateless": "[records]",
		"webhooks":           "[{url: 'https://b.example/', secret: " + webhookSecret + ", rooms: ['record:*'], allow_private: true}]",
		"cluster.durability": "redis", "cluster.listen": "127.0.0.1:0", "cluster.advertise": "127.0.0.1:1", "cluster.secret": strings.Repeat("0c", 32), "cluster.secret_file": secret,
		"api.enabled": "false", "api.url": "wss://town.example", "api.audience": "programs", "api.keys_file": "'" + write(t, "keys.yml", apiKeys) + "'",
		"cluster.tls.ca_file": base["tls.cert_file"], "cluster.tls.cert_file": base["tls.cert_file"], "cluster.tls.key_file": base["tls.key_file"],
	}
}

const otherHookSecret = "whsec_bmV4dCBzZWNyZXQgd2l0aCBlbm91Z2ggYnl0ZXMh"

// samePath returns another name of a file; "" for none.
func samePath(name string) string {
	if name == "" {
		return ""
	}
	return "'/." + name[1:]
}

// anotherValue returns a value of a key that is not its default.
func anotherValue(t *testing.T, e settings.Entry, others map[string]string) string {
	t.Helper()
	if other := others[e.Key]; other != "" {
		return other
	}
	if n, err := strconv.Atoi(e.Default); err == nil {
		return strconv.Itoa(n + 1)
	}
	if d, err := time.ParseDuration(e.Default); err == nil {
		return (d - d/10).String()
	}
	switch e.Default {
	case "true":
		return "false"
	case "false":
		return "true"
	}
	t.Fatalf("%s: there is no other value for it", e.Key)
	return ""
}

// apiKeys is a file with an API key.
const apiKeys = "[{name: a, key: 'an API key of thirty-two bytes, ok', scopes: ['documents:read'], rooms: ['*']}]"

// programsGiven returns the settings of the documents API.
func programsGiven(s documents.Settings) string {
	keys := s.Keys.Len()
	s.Keys, s.Program = nil, nil
	return fmt.Sprintf("%+v %d", s, keys)
}

// given returns everything that the parts are given of a configuration.
func given(c Config) string {
	client := reflect.ValueOf(c.CivicPress.client())
	text := fmt.Sprintf("%+v %+v %+v %+v %v %q", engineConfig(c), transportConfig(c), c.Auth.JWT.transport(), c.retention(), c.Log.Level, c.Log.Rooms)
	for i := range client.NumField() {
		text += fmt.Sprintf(" %v", client.Field(i))
	}
	hooks := reflect.ValueOf(c.Hooks.client())
	for i := range hooks.NumField() {
		text += fmt.Sprintf(" %v", hooks.Field(i))
	}
	text += standardwebhooks.Sign("id", 0, nil, c.Hooks.secrets...)
	text += programsGiven(c.programs()) + c.API.Audience
	return text + fmt.Sprint(c.adminPermission(), rulesOf(&c).hides, c.Admin.settings(c.Admin.TokenFile), c.Admin.playground(), c.webhooks())
}

// TestReloadKeys shows for every key of the reference that a reload says of it what the reference
// says: that its new value is in effect, and it is one that the parts are given; or that it needs a
// restart, and then nothing changes.
func TestReloadKeys(t *testing.T) {
	checkReloadKeys(t, reloadBase(t), entriesOf(false))
	checkReloadKeys(t, reloadHooksBase(t), entriesOf(true))
}

func checkReloadKeys(t *testing.T, base map[string]string, entries []settings.Entry) {
	t.Helper()
	others := otherValues(t, base)
	before, err := parse(t, fileOf(base))
	if err != nil {
		t.Fatal(err)
	}
	running := newReloadable(t, before)
	want := running.inEffect()
	for _, e := range entries {
		keys := maps.Clone(base)
		if other, isFile := strings.CutSuffix(e.Key, "_file"); isFile {
			delete(keys, other)
		}
		keys[e.Key] = anotherValue(t, e, others)
		after, err := parse(t, fileOf(keys))
		if err != nil {
			t.Errorf("%s: %v", e.Key, err)
			continue
		}
		r, err := running.reloadFrom(after)
		if err != nil {
			t.Errorf("%s: %v", e.Key, err)
		}
		if changed := slices.Contains(r.Changed, e.Key); changed != e.Reload || slices.Contains(r.Restart, e.Key) == e.Reload {
			t.Errorf("%s: changed %q, restart %q", e.Key, r.Changed, r.Restart)
		}
		if e.Reload && given(after) == given(before) {
			t.Errorf("%s: no part is given it", e.Key)
		}
		if !e.Reload && !slices.Equal(running.inEffect(), want) {
			t.Errorf("%s: it has changed something", e.Key)
		}
		if _, err := running.reloadFrom(before); err != nil || !slices.Equal(running.inEffect(), want) {
			t.Errorf("%s: not as before: %v", e.Key, err)
		}
	}
}

// TestReload shows that after a reload with other values of all keys that allow it, the same is in
// effect in all parts as after a restart.
func TestReload(t *testing.T) {
	for _, secretsIn := range []string{"keys", "files"} {
		checkReload(t, reloadBase(t), entriesOf(false), secretsIn)
		checkReload(t, reloadHooksBase(t), entriesOf(true), secretsIn)
	}
}

func checkReload(t *testing.T, keys map[string]string, entries []settings.Entry, secretsIn string) {
	t.Helper()
	others := otherValues(t, keys)
	before, err := parse(t, fileOf(keys))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Reload {
			keys[e.Key] = anotherValue(t, e, others)
		}
	}
	for _, key := range []string{"auth.jwt.secret", "civicpress.secret", "civicpress.token", "hooks.secret", "hooks.previous_secret"} {
		if secretsIn == "files" {
			delete(keys, key)
		} else {
			delete(keys, key+"_file")
		}
	}
	after, err := parse(t, fileOf(keys))
	if err != nil {
		t.Fatal(err)
	}
	running := newReloadable(t, before)
	if r, err := running.reloadFrom(after); err != nil || len(r.Restart) > 0 {
		t.Fatal(r, err)
	}
	got, want := running.inEffect(), newReloadable(t, after).inEffect()
	for i := range max(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s, after a restart %s", got[i], want[i])
		}
	}
}

// TestReloadErrors shows that a reload with errors reports all of them and changes nothing, also
// when a key that is valid by itself needs one that takes a restart.
func TestReloadErrors(t *testing.T) {
	keys := reloadBase(t)
	before, err := parse(t, fileOf(keys))
	if err != nil {
		t.Fatal(err)
	}
	running := newReloadable(t, before)
	want := running.inEffect()
	keys["rate_limiting.burst"], keys["auth.viewers"], keys["rooms.max_rooms"] = "none", "maybe", "7"
	after, _ := parse(t, fileOf(keys))
	_, err = running.reloadFrom(after)
	if err == nil || !strings.Contains(err.Error(), "rate_limiting.burst") || !strings.Contains(err.Error(), "auth.viewers") {
		t.Errorf("%v", err)
	}
	if got := running.inEffect(); !slices.Equal(got, want) || running.parts.reloads.failed.Load() != 1 {
		t.Errorf("%q", got)
	}
	keys = reloadBase(t)
	keys["limits.document_bytes"], keys["limits.document_warn_bytes"] = "90000000", "80000000"
	if after, err = parse(t, fileOf(keys)); err != nil {
		t.Fatal(err)
	}
	if _, err = running.reloadFrom(after); err == nil || !strings.Contains(err.Error(), "limits.document_bytes") || !strings.Contains(err.Error(), "restart") {
		t.Errorf("%v", err)
	}
	running.closeParts()
	if _, err := running.Reload(t.Context()); !errors.Is(err, errNotRunning) {
		t.Errorf("after the end: %v", err)
	}
}

// TestReloadFiles shows that files that keys name, and the features, are read again.
func TestReloadFiles(t *testing.T) {
	keys := reloadBase(t)
	delete(keys, "auth.jwt.secret")
	secret := write(t, "secret", testSecret)
	keys["auth.jwt.secret_file"] = secret
	name := bothFiles(t, fileOf(keys), "features: {snapshots: true}")
	c, err := parse(t, "", "--config", name)
	if err != nil {
		t.Fatal(err)
	}
	r := newReloadable(t, c)
	for file, text := range map[string]string{secret: "another secret of thirty-two bytes", filepath.Join(filepath.Dir(name), "features.yml"): "features: {snapshots: false, presence_tracking: false, collaborative_editing: false}"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.Reload(t.Context())
	want := []string{"auth.jwt.secret", "features.collaborative_editing", "features.presence_tracking", "features.snapshots"}
	if err != nil || !slices.Equal(got.Changed, want) || len(got.Restart) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	e := r.parts.engine.Config()
	if !e.ReadOnly || !e.NoPresence || !e.NoRecordSnapshots || e.SnapshotInterval != engine.Never {
		t.Errorf("%+v", e)
	}
	if got, err = r.Reload(t.Context()); err != nil || len(got.Changed)+len(got.Restart) > 0 {
		t.Errorf("again: %+v, %v", got, err)
	}
	if n := r.parts.reloads.ok.Load(); n != 2 {
		t.Errorf("%d reloads", n)
	}
	keys["auth.jwt.secret_file"] = write(t, "third", testSecret)
	if err := os.WriteFile(name, []byte(fileOf(keys)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err = r.Reload(t.Context()); err != nil || !slices.Contains(got.Changed, "auth.jwt.secret_file") {
		t.Errorf("another file: %+v, %v", got, err)
	}
}

// TestReloadedWebhookSecret shows that a reload says that the secret in the file of an endpoint has
// changed, and that it is in effect.
func TestReloadedWebhookSecret(t *testing.T) {
	secret := write(t, "secret", webhookSecret)
	name := write(t, "realtime.yml", fileOf(map[string]string{
		"webhooks": "[{url: 'https://a.example/', secret_file: '" + secret + "'}]", "admin.listen": "''",
		"auth.jwt.secret": testSecret, "data_dir": "'" + t.TempDir() + "'",
	}))
	c, err := parse(t, "", "--config", name)
	if err != nil {
		t.Fatal(err)
	}
	r := newReloadable(t, c)
	if got, err := r.Reload(t.Context()); err != nil || len(got.Changed) > 0 {
		t.Errorf("the same file: %+v, %v", got, err)
	}
	if err := os.WriteFile(secret, []byte(webhookSecret+"\n"+standin.DefaultSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := r.Reload(t.Context())
	if err != nil || !slices.Equal(got.Changed, []string{"webhooks (secrets in files)"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if n := len(r.parts.webhooks.Settings().Endpoints[0].Secrets); n != 2 {
		t.Errorf("%d secrets", n)
	}
}

// TestReloadedSecret shows that tokens are checked with the new secret after a reload, and not with
// the old one.
func TestReloadedSecret(t *testing.T) {
	config := func(secret string) Config {
		c, err := parse(t, fileOf(map[string]string{"auth.jwt.secret": secret, "data_dir": "'" + t.TempDir() + "'", "admin.listen": "''"}))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	before, after := config(testSecret), config("another secret of thirty-two bytes")
	r := newReloadable(t, before)
	admit := func(c Config) error {
		token, err := c.SignToken(auth.Session{Identity: engine.Identity{ID: "ann"}}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.parts.jwt.Admit(t.Context(), token, roomkey.Key{})
		return err
	}
	if admit(before) != nil || admit(after) == nil {
		t.Error("before the reload")
	}
	if _, err := r.reloadFrom(after); err != nil {
		t.Fatal(err)
	}
	if admit(before) == nil || admit(after) != nil {
		t.Error("after the reload")
	}
}

// TestLogKey shows that the key of the hashes of rooms is made once, for the owner only, and that a
// damaged one is an error.
func TestLogKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := roomKey(dir, true)
	second, again := roomKey(dir, true)
	if err = errors.Join(err, again); err != nil || len(first) != 32 || string(first) != string(second) {
		t.Errorf("%x, %x, %v", first, second, err)
	}
	name := filepath.Join(dir, logKeyFile)
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if other, err := roomKey(dir, false); err != nil || string(other) == string(first) {
		t.Errorf("%x, %v", other, err)
	}
	if err := os.WriteFile(name, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := roomKey(dir, true); err == nil {
		t.Error("a damaged key is used")
	}
}

// TestLogFormat shows that by default the log is JSON where it is no terminal.
func TestLogFormat(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for format, want := range map[string]bool{"auto": true, "json": true, "text": false} {
		for _, w := range []io.Writer{file, io.Discard} {
			if c := (logConfig{Format: format}); c.isJSON(w) != want {
				t.Errorf("%s: JSON %v", format, !want)
			}
		}
	}
	terminal, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err == nil {
		defer terminal.Close()
		if c := (logConfig{Format: "auto"}); c.isJSON(terminal) {
			t.Error("JSON on a terminal")
		}
	}
}

// publicKey and publicKeySet are a public key as PEM, and another as a key set.
var publicKey, publicKeySet = func() (string, string) {
	public := make(ed25519.PublicKey, ed25519.PublicKeySize)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	set := fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public))
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), set
}()
