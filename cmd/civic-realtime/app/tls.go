package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/transport/certs"
)

// tlsConfig configures TLS on a listener. It is off without files.
type tlsConfig struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// publicTLS is the same for clients' listener. CivicPress' own files have other names for it.
type publicTLS struct {
	CertFile string           `yaml:"cert_file"`
	KeyFile  string           `yaml:"key_file"`
	Enabled  *yamlfile.Toggle `yaml:"enabled"`
	Cert     string           `yaml:"cert"` // CivicPress' name of cert_file
	Key      string           `yaml:"key"`  // of key_file
}

var errNoCertificate = errors.New("tls.enabled: needs tls.cert_file and tls.key_file")

// tls returns the configuration of TLS on clients' listener.
func (p *publicTLS) tls() tlsConfig {
	if off(p.Enabled) {
		return tlsConfig{}
	}
	return tlsConfig{cmp.Or(p.CertFile, p.Cert), cmp.Or(p.KeyFile, p.Key)}
}

// check returns what is wrong.
func (p *publicTLS) check() error {
	if p.Enabled != nil && bool(*p.Enabled) && !p.tls().on() {
		return errNoCertificate
	}
	return p.tls().check("tls")
}

func (c tlsConfig) on() bool           { return c.CertFile != "" }
func (c tlsConfig) files() certs.Files { return certs.Files{Cert: c.CertFile, Key: c.KeyFile} }

// check reads the files, and returns what is wrong with them. key is that of c.
func (c tlsConfig) check(key string) error {
	err := c.files().Check()
	if err == nil && c.on() {
		_, err = certs.Load(c.files(), "", slog.New(slog.DiscardHandler))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// scheme returns the scheme of URLs: name, or its secure form.
func (c tlsConfig) scheme(name string) string {
	if c.on() {
		return name + "s"
	}
	return name
}
