package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
)

// Flags is the configuration by flags. The tags are kong's. A flag overrides the environment, which
// overrides the file; a nil field is not set.
type Flags struct {
	Config        string  `placeholder:"FILE" help:"Configuration file, YAML (.civic/realtime.yml if there is one; $$CIVIC_REALTIME_CONFIG)."`
	Features      string  `placeholder:"FILE" help:"CivicPress' features.yml (the one beside the configuration file; $$CIVIC_REALTIME_FEATURES)."`
	Listen        *string `placeholder:"HOST:PORT" help:"Address to listen on (127.0.0.1:3001; $$CIVIC_REALTIME_LISTEN)."`
	AdminListen   *string `placeholder:"HOST:PORT" help:"Address of the admin API (127.0.0.1:3002; $$CIVIC_REALTIME_ADMIN_LISTEN); empty: none."`
	DataDir       *string `placeholder:"DIR" help:"Where rooms are kept (./data; $$CIVIC_REALTIME_DATA_DIR)."`
	Dev           bool    `help:"Development mode: let everybody in, on a loopback address only ($$CIVIC_REALTIME_DEV)."`
	Takeover      bool    `help:"Take over from the server that runs in the data directory, if one does: its sockets, and then its rooms. No connection is refused meanwhile ($$CIVIC_REALTIME_TAKEOVER)."`
	Durability    *string `placeholder:"sync|async|off" help:"When an update is passed on: once it is on the disk (sync), with the operating system (async), at once (off; $$CIVIC_REALTIME_DURABILITY)."`
	JWTSecretFile *string `name:"jwt-secret-file" placeholder:"FILE" help:"File with the secret that tokens are signed with ($$CIVIC_REALTIME_JWT_SECRET_FILE). $$CIVIC_REALTIME_JWT_SECRET may hold the secret itself."`
	JWKSURL       *string `name:"jwks-url" placeholder:"URL" help:"Where an identity provider publishes the keys that it signs tokens with (jwks_uri; $$CIVIC_REALTIME_JWKS_URL)."`
	CivicPressURL *string `name:"civicpress-url" placeholder:"URL" help:"Where CivicPress' API is, such as http://127.0.0.1:3000 ($$CIVIC_REALTIME_CIVICPRESS_URL). $$CIVIC_REALTIME_CIVICPRESS_SECRET may hold its secret."`
	LogFormat     *string `placeholder:"auto|text|json" help:"Form of the log (auto: text on a terminal, else json; $$CIVIC_REALTIME_LOG_FORMAT)."`
	LogLevel      *string `placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn, error, or levels of areas, such as info,engine=debug (info; $$CIVIC_REALTIME_LOG_LEVEL)."`
}

// variables are the environment variables. There are no flags for secrets, as other users of the
// machine can see the arguments of a process.
var variables = settings.Variables{
	Prefix: "CIVIC_REALTIME_",
	Short: map[string]string{
		"JWT_SECRET":      "auth.jwt.secret",
		"JWT_SECRET_FILE": "auth.jwt.secret_file",
		"JWKS_URL":        "auth.jwt.jwks_url",
	},
	Other: []string{"CONFIG", "FEATURES", "LISTEN", "DEV", "TAKEOVER", "ADMIN"},
}

// Load reads the file, the environment and the flags. Its error lists everything that is wrong, and
// the Config has all valid keys.
func (f Flags) Load() (Config, error) {
	return f.read().finished()
}

// read reads all sources, without the files that they name.
func (f Flags) read() (c Config) {
	f.readOther()
	s := settings.New(&c)
	if name := f.configFile(); name != "" {
		s.ReadFile(name, "realtime", foreign)
	}
	s.ReadEnvironment(os.Environ(), variables)
	f.readListen(s)
	f.readToggles(s)
	for _, flag := range []struct {
		name, key string
		value     *string
	}{
		{"--admin-listen", "admin.listen", f.AdminListen},
		{"--data-dir", "data_dir", f.DataDir},
		{"--durability", "durability", f.Durability},
		{"--jwt-secret-file", "auth.jwt.secret_file", f.JWTSecretFile},
		{"--jwks-url", "auth.jwt.jwks_url", f.JWKSURL},
		{"--civicpress-url", "civicpress.url", f.CivicPressURL},
		{"--log-format", "log.format", f.LogFormat},
		{"--log-level", "log.level", f.LogLevel},
	} {
		if flag.value != nil {
			s.Set(flag.key, *flag.value, settings.Origin{From: settings.Flag, Name: flag.name})
		}
	}
	c.sources, c.again, c.dev, c.takeover = s, f.read, f.Dev, f.Takeover
	c.loadFeatures(f.Features, f.configFile())
	return c
}

// readOther reads the variables of flags that are no keys.
func (f *Flags) readOther() {
	for _, v := range []struct {
		to   *string
		name string
	}{{&f.Config, "CONFIG"}, {&f.Features, "FEATURES"}} {
		if *v.to == "" {
			*v.to = os.Getenv(variables.Prefix + v.name)
		}
	}
}

// configFile returns the name of the configuration file, "" if there is none.
func (f *Flags) configFile() string {
	if f.Config != "" {
		return f.Config
	}
	if _, err := os.Stat(defaultConfigFile); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return defaultConfigFile
}

// readListen sets host and port to the address of --listen or its variable.
func (f *Flags) readListen(s *settings.Settings) {
	const listen = "CIVIC_REALTIME_LISTEN"
	if text := os.Getenv(listen); text != "" {
		for _, key := range []string{"host", "port"} {
			if o := s.Origin(key); o.From == settings.Environment {
				s.Fail(fmt.Errorf("%s and %s are both set: keep one", listen, o.Name))
			}
		}
		setListen(s, text, settings.Origin{From: settings.Environment, Name: listen})
	}
	if f.Listen != nil {
		setListen(s, *f.Listen, settings.Origin{From: settings.Flag, Name: "--listen"})
	}
}

// readToggles sets flags that are no keys to the values of their variables.
func (f *Flags) readToggles(s *settings.Settings) {
	for name, flag := range map[string]*bool{"DEV": &f.Dev, "TAKEOVER": &f.Takeover} {
		name = variables.Prefix + name
		switch text := strings.ToLower(os.Getenv(name)); {
		case slices.Contains([]string{"true", "yes", "1"}, text):
			*flag = true
		case !slices.Contains([]string{"", "false", "no", "0"}, text):
			s.Fail(fmt.Errorf("%s: %q is none of true, yes, 1, false, no, 0", name, text))
		}
	}
}
