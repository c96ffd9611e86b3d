package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// sample is a struct with a key of each form.
type sample struct {
	Host    string            `yaml:"host"`
	Port    *yamlfile.Port    `yaml:"port"`
	Listen  *string           `yaml:"listen"`
	Origins []string          `yaml:"origins"`
	Names   map[string]string `yaml:"names"`
	Limits  struct {
		PerIP yamlfile.Count    `yaml:"per_ip"`
		Time  yamlfile.Duration `yaml:"time"`
	} `yaml:"limits" alias:"limit"`
	Auth struct {
		Secret     string `yaml:"secret" secret:"true"`
		SecretFile string `yaml:"secret_file"`
		URL        string `yaml:"url"`
	} `yaml:"auth"`
}

const table = "### Server\n\n| Key | Default | Unit | Reload | Meaning |\n|---|---|---|---|---|\n" +
	"| `host` | `here` | | no | where; see [there](there.md) |\n" +
	"| `port` | `3001` | | no | a `port` |\n" +
	"| `listen` | `there` | | no | an address |\n" +
	"| `origins` | any | | yes | origins |\n" +
	"| `names` | none | | no | names |\n" +
	"| `limits.per_ip` | `10` | a second | yes | a rate |\n" +
	"| `limits.time` | as `limits.per_ip` | | yes | a time |\n" +
	"| `auth.secret` | none | | yes | a secret |\n" +
	"| `auth.secret_file` | none | | yes | its file |\n" +
	"| `auth.url` | none | | yes | an address |\n"

var sampleVariables = Variables{Prefix: "X_", Short: map[string]string{"SECRET": "auth.secret"}, Other: []string{"CONFIG"}}

// load returns settings of a file and an environment, and the struct that they fill in.
func load(t *testing.T, file string, environ ...string) (*Settings, *sample) {
	t.Helper()
	v := &sample{}
	s := New(v)
	if file != "" {
		name := filepath.Join(t.TempDir(), "x.yml")
		if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		s.ReadFile(name, "x", nil)
	}
	s.ReadEnvironment(environ, sampleVariables)
	return s, v
}

// TestEnvironment shows that every form of key can be set by a variable, which replaces the value
// of the file.
func TestEnvironment(t *testing.T) {
	s, v := load(t, "x: {host: file, port: 1, limits: {per_ip: 5}}",
		"X_HOST=env", "X_LISTEN=", "X_ORIGINS=a, b", "X_NAMES=a=b, c=d", "X_LIMITS_TIME=5m", "X_SECRET=s", "X_LIMITS_PER_IP=", "Y_HOST=other", "X_CONFIG=f")
	if err := s.Err(); err != nil || len(s.Remarks) > 0 {
		t.Fatalf("%v, %q", err, s.Remarks)
	}
	if v.Host != "env" || *v.Port != 1 || v.Listen == nil || *v.Listen != "" || !slices.Equal(v.Origins, []string{"a", "b"}) ||
		v.Names["c"] != "d" || v.Limits.PerIP != 5 || v.Limits.Time.String() != "5m" || v.Auth.Secret != "s" {
		t.Errorf("%+v", v)
	}
	for key, want := range map[string]string{"host": "X_HOST", "auth.secret": "X_SECRET", "auth.url": "default"} {
		if got := s.Origin(key).String(); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if o := s.Origin("limits.per_ip"); o.From != File || o.Line != 1 || !s.Has("port") {
		t.Errorf("%+v", o)
	}
}

// TestEnvironmentErrors shows which variables are refused, which cause a warning, and which are
// ignored.
func TestEnvironmentErrors(t *testing.T) {
	for _, test := range []struct {
		environ       []string
		error, remark string
	}{
		{[]string{"X_PORT=abc"}, `X_PORT: "abc" is not a port`, ""},
		{[]string{"X_NAMES=a"}, `X_NAMES: "a" is not a list of key=value`, ""},
		{[]string{"X_SECRET=a", "X_AUTH_SECRET=b"}, "X_AUTH_SECRET and X_SECRET are both set, and differ", ""},
		{[]string{"X_SECRET=a", "X_AUTH_SECRET=a"}, "", ""},
		{[]string{"X_LIMITS_PERIP=1"}, "", "X_LIMITS_PERIP has no effect: there is no such setting; did you mean X_LIMITS_PER_IP?"},
		{[]string{"X_CONFG=1"}, "", "did you mean X_CONFIG?"},
		{[]string{"X_BICYCLES=1"}, "", "X_BICYCLES has no effect: there is no such setting"},
		{[]string{"X_PORT=tcp://10.0.0.1:3001", "X_SERVICE_HOST=10.0.0.1", "X_SERVICE_PORT=3001", "X_PORT_3001_TCP_ADDR=10.0.0.1"}, "", ""},
	} {
		s, _ := load(t, "", test.environ...)
		err := s.Err()
		if (err == nil) != (test.error == "") || err != nil && !strings.Contains(err.Error(), test.error) {
			t.Errorf("%q: %v", test.environ, err)
		}
		remarks := strings.Join(s.Remarks, "\n")
		if (remarks == "") != (test.remark == "") || !strings.Contains(remarks, test.remark) {
			t.Errorf("%q: %q", test.environ, remarks)
		}
	}
}

// TestSecretOrFile shows that of a secret and the file with it the one of the later source counts,
// and that both remain if they are of one source, which the caller refuses.
func TestSecretOrFile(t *testing.T) {
	for _, test := range []struct{ file, env, secret, secretFile string }{
		{"x: {auth: {secret: a}}", "X_AUTH_SECRET_FILE=f", "", "f"},
		{"x: {auth: {secret_file: f}}", "X_SECRET=a", "a", ""},
		{"x: {auth: {secret: a, secret_file: f}}", "X_HOST=h", "a", "f"},
	} {
		s, v := load(t, test.file, test.env)
		if s.Err() != nil || v.Auth.Secret != test.secret || v.Auth.SecretFile != test.secretFile {
			t.Errorf("%s, %s: %+v, %v", test.file, test.env, v.Auth, s.Err())
		}
	}
}

// TestPrint shows what is printed: values, origins, defaults and the meaning of their absence, and
// no secret. The output is a file that is read again with the same values.
func TestPrint(t *testing.T) {
	s, v := load(t, "x:\n  limit: {per_ip: 5}\n  names: {a: 'b: c'}\n  auth:\n    secret: hush\n    url: 'redis://u:hush@h'\n", "X_ORIGINS=a,b", "X_LISTEN=")
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Print(&out, "x", s.Effective(v, parseReference(table))); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"x:\n  host: here", "port: 3001 ", "listen: ''", "# X_LISTEN", "origins: [a, b] ", "# X_ORIGINS", "names: {a: 'b: c'}",
		"  limits:\n    per_ip: 5 ", "x.yml:2, in a second", "time: ", "# default: as limits.per_ip", "secret: '********'", "secret_file: ", "# default: none", "url: 'redis://u:********@h'"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "hush") {
		t.Errorf("a secret is printed:\n%s", text)
	}
	again, w := load(t, text)
	if err := again.Err(); err != nil || w.Host != "here" || w.Names["a"] != "b: c" || w.Limits.PerIP != 5 || !slices.Equal(w.Origins, v.Origins) {
		t.Errorf("%v, %+v", err, w)
	}
	out.Reset()
	if err := PrintJSON(&out, s.Effective(v, parseReference(table))); err != nil || strings.Contains(out.String(), "hush") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestLocate shows that errors about a key get the origin of its value.
func TestLocate(t *testing.T) {
	s, _ := load(t, "", "X_HOST=h")
	err := s.Locate(os.ErrNotExist)
	if err.Error() != os.ErrNotExist.Error() || s.Locate(nil) != nil {
		t.Error(err)
	}
	s.Fail(os.ErrExist)
	if err := s.Locate(&os.PathError{Op: "host: is", Path: "wrong", Err: os.ErrInvalid}); !strings.HasSuffix(err.Error(), "(X_HOST)") || s.Err() == nil {
		t.Error(err)
	}
}

// TestPasswordsInAddresses shows that outputs hide the passwords in addresses, also in those that
// are not valid.
func TestPasswordsInAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"https://u:s3cret@town.example/x":       "https://u:********@town.example/x",
		"https://u:s3cret@town.example/%zz":     "https://u:********@town.example/%zz",
		"https://u:s3%cret@town.example/":       "https://u:********@town.example/",
		"https://u:s3cret@town.example:port/":   "https://u:********@town.example:port/",
		"https://town.example/?at=a:b@c":        "https://town.example/?at=a:b@c",
		"https://town.example:8080/%zz:x@y":     "https://town.example:8080/%zz:x@y",
		"127.0.0.1:3001":                        "127.0.0.1:3001",
		"https://u@town.example/":               "https://u@town.example/",
		"https://u:s3cret:x@y@town.example/%zz": "https://u:********@town.example/%zz",
	} {
		if got := withoutPassword(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestTyped shows which values of JSON the values of keys are, and what is hidden of addresses.
func TestTyped(t *testing.T) {
	s, v := load(t, "x: {host: 'redis://ann:p,w@ss@host:1/0?x=1#y', port: 1, listen: '', origins: ['http://a@b', c], names: {a: 'b', c: 'http://h?q'}, limits: {per_ip: 5, time: 90s}, auth: {secret: hush, url: 'http://h/p'}}")
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"host": "redis://********@host:1/0?********", "port": int64(1), "origins": []string{"http://********@b", "c"}, "listen": "",
		"names": map[string]string{"a": "b", "c": "http://h?********"}, "limits.per_ip": int64(5), "limits.time": "1m30s", "auth.secret": nil,
		"auth.secret_file": nil, "auth.url": "http://h/p",
	}
	defaults := map[string]any{"host": "here", "port": int64(3001), "listen": "there", "limits.per_ip": int64(10)}
	for _, of := range s.Effective(v, parseReference(table)) {
		if got := of.Typed(); !reflect.DeepEqual(got, want[of.Key]) {
			t.Errorf("%s: %#v, want %#v", of.Key, got, want[of.Key])
		}
		if got := of.TypedDefault(); !reflect.DeepEqual(got, defaults[of.Key]) {
			t.Errorf("%s: %#v, want %#v", of.Key, got, defaults[of.Key])
		}
		if of.Hidden != (of.Key == "auth.secret") || of.Secret != of.Hidden || of.Help() == "" || strings.ContainsAny(of.DefaultNote(), "`[") {
			t.Errorf("%+v", of)
		}
	}
}
