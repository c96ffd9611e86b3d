package app

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// marker is a secret that must be in no answer.
const marker = "hush0123456789abcdef0123456789abcdef"

// keyOf returns a key of an answer.
func keyOf(t *testing.T, all api.Configuration, name string) api.ConfigKey {
	t.Helper()
	i := slices.IndexFunc(all.Keys, func(k api.ConfigKey) bool { return k.Key == name })
	if i < 0 {
		t.Fatalf("there is no key %s", name)
	}
	return all.Keys[i]
}

// TestConfigOfAdmin shows the keys of a running server: their values by type, where they are from,
// and their defaults; that a change of the file is marked with what puts it into effect; and that
// after a reload the values are those in effect, each with its own source.
func TestConfigOfAdmin(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "realtime.yml")
	text := "realtime:\n  data_dir: '" + dir + "'\n  port: 0\n  limits: {connections: 1234}\n  allowed_origins: ['https://a.example', 'https://b.example']\n" +
		"  log: {level: {default: warn, auth: debug}}\n  drafts: {quiet: 3s}\n  admin: {listen: '127.0.0.1:0'}\n"
	rewrite := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(text)
	n := startNodeOf(t, file, "--dev", "--durability", "async")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	read := func() api.Configuration {
		t.Helper()
		all, err := n.admin().Configuration(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := read()
	if all.File != file || !all.Dev || all.Invalid || len(all.Keys) < len(settings.Reference()) {
		t.Errorf("%s, %v, %v, %d keys", all.File, all.Dev, all.Invalid, len(all.Keys))
	}
	for _, want := range []api.ConfigKey{
		{Key: "limits.connections", Value: 1234., Source: "file", From: file, Line: 4, Default: 20000., Unit: "connections"},
		{Key: "port", Value: 0., Source: "file", From: file, Line: 3, Default: 3001., Restart: true},
		{Key: "durability", Value: "async", Source: "flag", From: "--durability", Default: "sync", Restart: true},
		{Key: "allowed_origins", Value: []any{"https://a.example", "https://b.example"}, Source: "file", From: file, Line: 5},
		{Key: "log.level", Value: map[string]any{"default": "warn", "auth": "debug"}, Source: "file", From: file, Line: 6},
		{Key: "drafts.quiet", Value: "3s", Source: "file", From: file, Line: 7, Default: "2s"},
		{Key: "require_tls", Value: false, Source: "default", Default: false},
		{Key: "redis.password", Source: "default", Secret: true},
	} {
		got := keyOf(t, all, want.Key)
		if got.Help == "" || got.Section == "" || got.Pending != "" || want.Restart && !got.Restart ||
			want.Default != nil && !reflect.DeepEqual(got.Default, want.Default) || want.Unit != "" && got.Unit != want.Unit {
			t.Errorf("%+v", got)
		}
		if !reflect.DeepEqual(got.Value, want.Value) || got.Source != want.Source || got.From != want.From || got.Line != want.Line || got.Secret != want.Secret || got.Set {
			t.Errorf("%+v\nwant %+v", got, want)
		}
	}
	rewrite("# longer\n" + strings.Replace(strings.Replace(text, "port: 0", "port: 4711", 1), "1234", "4321", 1))
	all = read()
	if p, c := keyOf(t, all, "port"), keyOf(t, all, "limits.connections"); p.Pending != "restart" || p.Value != 0. || c.Pending != "reload" || c.Value != 1234. || keyOf(t, all, "durability").Pending != "" {
		t.Errorf("%+v, %+v", p, c)
	}
	if _, err := n.admin().Reload(ctx); err != nil {
		t.Fatal(err)
	}
	all = read()
	if p := keyOf(t, all, "port"); p.Pending != "restart" || p.Value != 0. || p.Line != 3 {
		t.Errorf("the value in effect has the source %+v", p)
	}
	if c := keyOf(t, all, "limits.connections"); c.Pending != "" || c.Value != 4321. || c.Line != 5 {
		t.Errorf("%+v", c)
	}
	rewrite("realtime: {port: nonsense}")
	if all = read(); !all.Invalid || keyOf(t, all, "limits.connections").Value != 4321. {
		t.Errorf("%+v", keyOf(t, all, "limits.connections"))
	}
}

// TestNoSecretInConfig shows that no secret is in the answer, whichever key has it and in whichever
// form: of a key for secrets, or in an address as its password, its user or a parameter, also of
// one in a list; and that the answer says that there is one.
func TestNoSecretInConfig(t *testing.T) {
	c := Config{}
	s := settings.New(&c)
	set := settings.Origin{From: settings.Flag, Name: "--x"}
	secrets, addresses := 0, 0
	for _, v := range s.Effective(&c, settings.Reference()) {
		of := yamlfile.Field(&c, v.Path).Type()
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		address := "https://" + marker + ":" + marker + "@a.example/x?token=" + marker + "#" + marker
		switch {
		case v.Hidden && of.Kind() == reflect.String:
			s.Set(v.Key, marker, set)
			secrets++
		case of.Kind() == reflect.String:
			s.Set(v.Key, address, set)
			addresses++
		case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.String && !v.Hidden:
			s.Set(v.Key, "https://b.example,"+address, set)
			addresses++
		case of.Kind() == reflect.Map:
			s.Set(v.Key, "a="+address, set)
			addresses++
		}
	}
	c.Webhooks = webhookList{webhookConfig{URL: "https://a.example/" + marker, Secret: marker}}
	c.sources, c.read = s, &c
	c.again = func() Config { return c }
	all := (&Server{config: c}).configForAdmin()
	text, err := json.Marshal(all)
	if err != nil || strings.Contains(string(text), marker) || secrets < 6 || addresses < 30 {
		t.Errorf("%d secrets, %d addresses, %v: %s", secrets, addresses, err, text)
	}
	for _, k := range all.Keys {
		if k.Secret && k.Value != nil {
			t.Errorf("%+v", k)
		}
	}
	if k := keyOf(t, all, "auth.jwt.secret"); !k.Set || !k.Secret {
		t.Errorf("%+v", k)
	}
	if k := keyOf(t, all, "redis.url"); k.Set || k.Secret || k.Value != "https://********@a.example/x?********" {
		t.Errorf("%+v", k)
	}
}

// TestNoSecretOfFiles shows that the contents of the files that keys name are in no answer of a
// running server, nor in that about a file that cannot be loaded.
func TestNoSecretOfFiles(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	keys := filepath.Join(dir, "keys.yml")
	for name, text := range map[string]string{
		secret: marker, keys: "[{name: a, key: " + marker + ", scopes: ['documents:read'], rooms: ['*']}]",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "realtime.yml")
	text := "realtime:\n  data_dir: '" + dir + "'\n  port: 0\n  auth: {jwt: {secret_file: '" + secret + "'}}\n  api: {enabled: true, keys_file: '" + keys + "'}\n" +
		"  cluster: {secret_file: '" + secret + "'}\n  admin: {listen: '127.0.0.1:0', token_file: '" + secret + "'}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	n := startNodeOf(t, file)
	mustHide := func() api.Configuration {
		t.Helper()
		all := n.configForAdmin()
		text, err := json.Marshal(all)
		if err != nil || strings.Contains(string(text), marker) {
			t.Errorf("%v: %s", err, text)
		}
		return all
	}
	all := mustHide()
	if k := keyOf(t, all, "auth.jwt.secret_file"); k.Value != secret || k.Source != "file" {
		t.Errorf("%+v", k)
	}
	if err := os.WriteFile(file, []byte("realtime: {auth: {jwt: {secret: "+marker[:31]+"}}, port: "+marker+"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all = mustHide(); !all.Invalid {
		t.Error("the file is not invalid")
	}
}
