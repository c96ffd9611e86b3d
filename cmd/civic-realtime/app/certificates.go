package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"

	"github.com/civicpress/civic-realtime/transport/certs"
)

// checkTLS returns what is wrong with the keys about TLS.
func (c *Config) checkTLS() (err error) {
	if bool(c.RequireTLS) && !c.TLS.tls().on() && len(c.TrustedProxies) == 0 {
		err = errors.New("require_tls: nobody could connect; set tls.cert_file and tls.key_file, or trusted_proxies to the address of the proxy that speaks TLS")
	}
	return errors.Join(err, c.TLS.check(), c.Admin.TLS.check("admin.tls"))
}

// plainWarning returns a warning if tokens and texts may cross a network in the clear, else "".
func (c *Config) plainWarning() string {
	at, err := c.address()
	if err != nil || at.IP.IsLoopback() || c.TLS.tls().on() || bool(c.RequireTLS) {
		return ""
	}
	return fmt.Sprintf("clients may connect to %s without TLS: others can then read tokens and texts. Set tls.cert_file and tls.key_file, or require_tls behind a proxy that speaks TLS", at)
}

// certificates are those of the listeners; nil where there is no TLS.
type certificates struct{ public, admin, cluster *certs.Pair }

// loadCertificates reads the certificates of the listeners.
func (c *Config) loadCertificates(log *slog.Logger) (p certificates, err error) {
	for _, of := range []struct {
		to  **certs.Pair
		cfg tlsConfig
		is  string
	}{
		{&p.public, c.TLS.tls(), "public"}, {&p.admin, c.Admin.TLS, "admin"},
		{&p.cluster, c.peerCertificate(), "cluster"},
	} {
		if !of.cfg.on() {
			continue
		}
		if *of.to, err = certs.Load(of.cfg.files(), of.is, log); err != nil {
			return p, err
		}
	}
	return p, nil
}

// peerCertificate returns the files of the certificate for other nodes.
func (c *Config) peerCertificate() tlsConfig {
	if !c.clustered() {
		return tlsConfig{}
	}
	return tlsConfig{c.Cluster.TLS.CertFile, c.Cluster.TLS.KeyFile}
}

// all returns those that there are.
func (p certificates) all() (all []*certs.Pair) {
	for _, pair := range []*certs.Pair{p.public, p.admin, p.cluster} {
		if pair != nil {
			all = append(all, pair)
		}
	}
	return all
}

// reload reads files that have changed. After an error, which is logged, the certificate before
// stays in use. It names those that are replaced.
func (p certificates) reload() (changed []string, err error) {
	for _, pair := range p.all() {
		is, failed := pair.Reload()
		if err = errors.Join(err, failed); is {
			changed = append(changed, "the TLS certificate of the "+pair.Listener()+" listener")
		}
	}
	return changed, err
}

// WriteMetrics implements metricset.Part.
func (p certificates) WriteMetrics(w io.Writer) { certs.WriteMetrics(w, p.all()...) }

// secure makes the admin API speak TLS, if it has a certificate.
func (a *adminAPI) secure(cert *certs.Pair, file string) (err error) {
	if a == nil || cert == nil {
		return nil
	}
	a.cert = cert
	a.certFile, err = filepath.Abs(file)
	return err
}

// served returns the listener that the admin API is served on.
func (a *adminAPI) served() net.Listener {
	if a.cert == nil {
		return a.listener
	}
	return a.cert.Listen(a.listener)
}
