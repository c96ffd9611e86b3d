package app

import (
	"errors"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// Flags is the configuration by flags and environment. The tags are kong's. A flag overrides the
// environment, which overrides the file; a nil field is not set.
type Flags struct {
	Config        string  `env:"CIVIC_REALTIME_CONFIG" placeholder:"FILE" help:"Configuration file, YAML."`
	Features      string  `env:"CIVIC_REALTIME_FEATURES" placeholder:"FILE" help:"CivicPress' features.yml (the one beside the configuration file)."`
	Listen        *string `env:"CIVIC_REALTIME_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on (127.0.0.1:3001)."`
	AdminListen   *string `env:"CIVIC_REALTIME_ADMIN_LISTEN" placeholder:"HOST:PORT" help:"Address of the admin API (127.0.0.1:3002); empty: none."`
	DataDir       *string `env:"CIVIC_REALTIME_DATA_DIR" placeholder:"DIR" help:"Where rooms are kept (./data)."`
	Dev           bool    `env:"CIVIC_REALTIME_DEV" help:"Development mode: let everybody in, on a loopback address only."`
	Takeover      bool    `env:"CIVIC_REALTIME_TAKEOVER" help:"Take over from the server that runs in the data directory, if one does: its sockets, and then its rooms. No connection is refused meanwhile."`
	Durability    *string `env:"CIVIC_REALTIME_DURABILITY" placeholder:"sync|async|off" help:"When an update is passed on: once it is on the disk (sync), with the operating system (async), at once (off)."`
	JWTSecretFile *string `name:"jwt-secret-file" env:"CIVIC_REALTIME_JWT_SECRET_FILE" placeholder:"FILE" help:"File with the secret that tokens are signed with. CIVIC_REALTIME_JWT_SECRET may hold the secret itself."`
	JWKSURL       *string `name:"jwks-url" env:"CIVIC_REALTIME_JWKS_URL" placeholder:"URL" help:"Where an identity provider publishes the keys that it signs tokens with (jwks_uri)."`
	CivicPressURL *string `name:"civicpress-url" env:"CIVIC_REALTIME_CIVICPRESS_URL" placeholder:"URL" help:"Where CivicPress' API is, such as http://127.0.0.1:3000. CIVIC_REALTIME_CIVICPRESS_SECRET may hold its secret."`
	LogFormat     *string `env:"CIVIC_REALTIME_LOG_FORMAT" placeholder:"text|json" help:"Form of the log (text)."`
	LogLevel      *string `env:"CIVIC_REALTIME_LOG_LEVEL" placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn, error (info)."`
}

// Load reads the files, and overrides them with environment and flags. Its error lists everything
// that is wrong.
func (f Flags) Load() (Config, error) {
	c, err := load(f.Config)
	c.complete()
	err = errors.Join(err, c.loadFeatures(f.Features, f.Config))
	c.Enabled = new(yamlfile.Toggle(c.enabled() && !off(c.features.Realtime)))
	c.dev, c.takeover = f.Dev, f.Takeover
	if f.AdminListen != nil {
		c.Admin.Listen = f.AdminListen
	}
	set(&c.DataDir, f.DataDir)
	set(&c.Durability, f.Durability)
	set(&c.Log.Format, f.LogFormat)
	set(&c.Log.Level, f.LogLevel)
	f.setSecrets(&c)
	set(&c.Auth.JWT.JWKSURL, f.JWKSURL)
	set(&c.CivicPress.URL, f.CivicPressURL)
	if f.Listen != nil {
		err = errors.Join(err, c.setListen(*f.Listen))
	}
	return c, errors.Join(err, c.check())
}

// setSecrets reads the secrets from the environment. There are no flags for them, as other users of
// the machine can see the arguments of a process.
func (f Flags) setSecrets(c *Config) {
	if f.JWTSecretFile != nil {
		c.Auth.JWT.Secret, c.Auth.JWT.SecretFile = "", *f.JWTSecretFile
	} else if s := os.Getenv("CIVIC_REALTIME_JWT_SECRET"); s != "" {
		c.Auth.JWT.Secret, c.Auth.JWT.SecretFile = s, ""
	}
	if s := os.Getenv("CIVIC_REALTIME_CIVICPRESS_SECRET"); s != "" {
		c.CivicPress.Secret, c.CivicPress.SecretFile = s, ""
	}
}

// load reads a configuration file, none if name is empty. Beside an error the Config has all valid
// keys.
func load(name string) (c Config, err error) {
	if name == "" {
		return c, nil
	}
	f, err := yamlfile.Open(name, foreign)
	if err != nil {
		return c, err
	}
	f.Decode("realtime", &c)
	c.remarks = f.Warnings()
	return c, f.Err()
}

func set(dst, src *string) {
	if src != nil {
		*dst = *src
	}
}
