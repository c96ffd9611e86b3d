package app

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// redisConfig is the section "redis" of the file: the Redis that several nodes share their rooms
// through. Without Enabled nothing of it is read.
type redisConfig struct {
	Enabled      yamlfile.Toggle   `yaml:"enabled"`
	URL          string            `yaml:"url"` // may have a password, which is hidden in outputs
	Prefix       string            `yaml:"prefix"`
	Username     string            `yaml:"username"`
	Password     string            `yaml:"password" secret:"true"`
	PasswordFile string            `yaml:"password_file"` // read into Password
	Timeout      yamlfile.Duration `yaml:"timeout"`
	Wait         yamlfile.Duration `yaml:"wait"`
	Replicas     yamlfile.Count    `yaml:"replicas"`
	TLS          peerTLS           `yaml:"tls"`
}

// peerTLS configures TLS on connections that this program makes.
type peerTLS struct {
	CAFile   string `yaml:"ca_file"`
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// Defaults of the section. The prefix is that of CivicPress' file, without the colon at its end.
const (
	defaultRedisPrefix  = "civicpress:realtime"
	defaultRedisTimeout = time.Second
	defaultRedisWait    = 30 * time.Second
)

// complete sets the defaults.
func (r *redisConfig) complete() {
	r.Prefix = cmp.Or(strings.TrimRight(r.Prefix, ":"), defaultRedisPrefix)
	r.Timeout = cmp.Or(r.Timeout, yamlfile.Duration(defaultRedisTimeout))
	r.Wait = cmp.Or(r.Wait, yamlfile.Duration(defaultRedisWait))
}

// read reads the files, and returns the errors of the section.
func (r *redisConfig) read() error {
	return errors.Join(
		r.checkURL(),
		r.checkPrefix(),
		readSecret("redis", "password", &r.Password, r.PasswordFile),
		r.TLS.check("redis.tls"),
	)
}

var errRedisURL = errors.New("redis.url: is missing: redis.enabled needs the address of a Redis, such as redis://10.0.0.5:6379")

// checkURL returns what is wrong with redis.url. The package of Redis reads the rest of it.
func (r *redisConfig) checkURL() error {
	if r.URL == "" {
		return errRedisURL
	}
	u, err := url.Parse(r.URL)
	if err != nil { // whose text has the URL, and so its password
		return errors.New("redis.url: is not a URL, such as redis://10.0.0.5:6379")
	}
	if !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme) {
		return fmt.Errorf("redis.url: %q is not the scheme of a Redis: use redis://, rediss:// for TLS, or unix://", u.Scheme)
	}
	if r.TLS != (peerTLS{}) && !r.overTLS() {
		return errors.New("redis.tls: has an effect with rediss:// in redis.url only")
	}
	if u.Host == "" && u.Scheme != "unix" {
		return errors.New("redis.url: the host is missing, as in redis://10.0.0.5:6379")
	}
	return nil
}

// checkPrefix returns an error for a prefix that would change the hash tags of keys.
func (r *redisConfig) checkPrefix() error {
	if strings.ContainsAny(r.Prefix, "{}* ") {
		return fmt.Errorf("redis.prefix: %q must not have braces, asterisks or spaces", r.Prefix)
	}
	return nil
}

// check returns what is wrong with the files. key is that of the section.
func (p *peerTLS) check(key string) error {
	if (p.CertFile == "") != (p.KeyFile == "") {
		return fmt.Errorf("%s: cert_file and key_file are only together of use", key)
	}
	if _, err := p.config(); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// config returns the configuration of a client, with the system's authorities unless there is a
// ca_file.
func (p *peerTLS) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.CAFile != "" {
		var err error
		if c.RootCAs, err = readAuthorities(p.CAFile); err != nil {
			return nil, err
		}
	}
	if p.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(p.CertFile, p.KeyFile)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// readAuthorities reads the certificates of a PEM file.
func readAuthorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM", file)
	}
	return pool, nil
}

// overTLS reports whether Redis is reached over TLS.
func (r *redisConfig) overTLS() bool { return strings.HasPrefix(r.URL, "rediss:") }
