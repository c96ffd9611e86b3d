package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// leastSecret is the least length of a secret, in bytes.
const leastSecret = 32

// jwtConfig configures which JWTs are valid. Several keys may be set; a token needs one of them.
type jwtConfig struct {
	Secret        string            `yaml:"secret" secret:"true"`
	SecretFile    string            `yaml:"secret_file"` // read into Secret
	PublicKeyFile string            `yaml:"public_key_file"`
	JWKSFile      string            `yaml:"jwks_file"`
	JWKSURL       string            `yaml:"jwks_url"`
	JWKSRefresh   yamlfile.Duration `yaml:"jwks_refresh"`
	Leeway        yamlfile.Duration `yaml:"leeway"`
	Issuer        string            `yaml:"issuer"`
	Audience      string            `yaml:"audience"`
	Claims        struct {
		ID    string `yaml:"id"`
		Name  string `yaml:"name"`
		Roles string `yaml:"roles"`
	} `yaml:"claims"`

	keys   []auth.Key       // of the secret and the files
	remote *auth.RemoteKeys // of the URL; nil until openRemote
	maxAge time.Duration    // auth.max_token_age
	own    func() []byte    // key of tokens that the documents API makes; nil: there is none
}

// minJWKSRefresh is the least time between two fetches, so that a server does not burden the
// identity provider.
const minJWKSRefresh = time.Second

// hasKeys reports whether there is anything to verify tokens with.
func (j *jwtConfig) hasKeys() bool {
	return len(j.keys) > 0 || j.JWKSURL != "" || j.own != nil
}

// sameKeys reports whether j and o have the same keys of secrets and files.
func (j *jwtConfig) sameKeys(o *jwtConfig) bool { return reflect.DeepEqual(j.keys, o.keys) }

// names returns the name of a file with keys, "" if none is configured.
func (j *jwtConfig) names() string { return cmp.Or(j.SecretFile, j.PublicKeyFile, j.JWKSFile) }

// read reads the files.
func (j *jwtConfig) read() error {
	err := j.readSecret()
	if j.keys = nil; j.Secret != "" && err == nil {
		j.keys = append(j.keys, auth.SecretKey([]byte(j.Secret)))
	}
	parsePublicKey := func(text []byte) ([]auth.Key, error) {
		k, err := auth.ParsePublicKey(text)
		return []auth.Key{k}, err
	}
	return errors.Join(err,
		j.readKeys("public_key_file", j.PublicKeyFile, parsePublicKey),
		j.readKeys("jwks_file", j.JWKSFile, auth.ParseKeySet), j.checkRemote())
}

func (j *jwtConfig) checkRemote() error {
	if r := time.Duration(j.JWKSRefresh); r != 0 && r < minJWKSRefresh {
		return fmt.Errorf("auth.jwt.jwks_refresh: must not be below %v", minJWKSRefresh)
	}
	if j.JWKSURL == "" {
		return nil
	}
	if err := j.remoteKeys().Check(); err != nil {
		return fmt.Errorf("auth.jwt.jwks_url: %w", err)
	}
	return nil
}

func (j *jwtConfig) remoteKeys() auth.RemoteKeysConfig {
	return auth.RemoteKeysConfig{URL: j.JWKSURL, Refresh: time.Duration(j.JWKSRefresh)}
}

// openRemote sets remote to the keys of the URL, which the caller must run, or to nil without a
// URL.
func (j *jwtConfig) openRemote(log *slog.Logger) (err error) {
	if j.JWKSURL != "" {
		j.remote, err = auth.NewRemoteKeys(j.remoteKeys(), log)
	}
	return err
}

func (j *jwtConfig) readSecret() error {
	if err := readSecret("auth.jwt", "secret", &j.Secret, j.SecretFile); err != nil {
		return err
	}
	if strings.HasPrefix(j.Secret, "-----BEGIN ") {
		return errors.New("auth.jwt.secret: is a key in PEM; whoever knows a public key could sign with it: it belongs in public_key_file")
	}
	return nil
}

// readSecret reads a secret from a file, if one is set. The secret may be set by key or by file,
// not by both.
func readSecret(section, key string, secret *string, file string) error {
	if file == "" {
		return nil
	}
	if *secret != "" {
		return fmt.Errorf("%s: %s and %[2]s_file are both set: keep one", section, key)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s.%s_file: %w", section, key, err)
	}
	if *secret = strings.TrimSpace(string(b)); *secret == "" {
		return fmt.Errorf("%s.%s_file: %s is empty", section, key, file)
	}
	return nil
}

// readKeys adds the keys that parse finds in a file. Errors name the configuration key of the file.
func (j *jwtConfig) readKeys(key, file string, parse func([]byte) ([]auth.Key, error)) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("auth.jwt.%s: %w", key, err)
	}
	keys, err := parse(text)
	if err != nil {
		return fmt.Errorf("auth.jwt.%s: %s: %w", key, file, err)
	}
	j.keys = append(j.keys, keys...)
	return nil
}

func (j *jwtConfig) transport() auth.JWTConfig {
	return auth.JWTConfig{
		Keys:     j.keys,
		More:     j.own,
		Remote:   j.remote,
		Leeway:   time.Duration(j.Leeway),
		MaxAge:   j.maxAge,
		Issuer:   j.Issuer,
		Audience: j.Audience,
		Claims:   auth.ClaimNames(j.Claims),
	}
}
