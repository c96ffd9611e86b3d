package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// writeCertificate writes a certificate and its key to files in a new directory.
func writeCertificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// testCertificates returns certificates for both listeners.
func testCertificates(t *testing.T) certificates {
	t.Helper()
	var c Config
	c.TLS.CertFile, c.TLS.KeyFile = writeCertificate(t)
	c.Admin.TLS.CertFile, c.Admin.TLS.KeyFile = c.TLS.CertFile, c.TLS.KeyFile
	all, err := c.loadCertificates(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTLSKeys shows which combinations of the keys about TLS are errors, and that CivicPress' names
// have the effect that they have there.
func TestTLSKeys(t *testing.T) {
	cert, key := writeCertificate(t)
	_, otherKey := writeCertificate(t)
	for _, test := range []struct {
		file, err string
		on        bool
	}{
		{fmt.Sprintf("tls: {cert_file: %s, key_file: %s}", cert, key), "", true},
		{fmt.Sprintf("tls: {enabled: true, cert: %s, key: %s}", cert, key), "", true},
		{fmt.Sprintf("tls: {enabled: false, cert_file: %s, key_file: %s}", cert, key), "", false},
		{"tls: {enabled: false, cert: /nowhere, key: /nowhere}", "", false},
		{"tls: {enabled: true}", "tls.enabled: needs tls.cert_file", false},
		{fmt.Sprintf("tls: {cert_file: %s}", cert), "tls: cert_file and key_file need each other", false},
		{fmt.Sprintf("admin: {tls: {key_file: %s}}", key), "admin.tls: cert_file and key_file need each other", false},
		{fmt.Sprintf("tls: {cert_file: %s, key_file: %s}", cert, otherKey), "private key does not match", false},
		{"admin: {tls: {cert_file: /nowhere, key_file: /nowhere}}", "admin.tls: TLS certificate /nowhere", false},
		{"require_tls: true", "require_tls: nobody could connect", false},
		{"{require_tls: true, trusted_proxies: [10.0.0.1]}", "", false},
		{fmt.Sprintf("{require_tls: true, tls: {cert_file: %s, key_file: %s}}", cert, key), "", true},
	} {
		c, err := parse(t, test.file)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, want %q", test.file, err, test.err)
		} else if on := err == nil && c.TLS.tls().on(); on != test.on {
			t.Errorf("%s: TLS is %v", test.file, on)
		}
	}
}

// TestPlainWarning shows when a server warns at the start that it does without TLS.
func TestPlainWarning(t *testing.T) {
	cert, key := writeCertificate(t)
	for file, warns := range map[string]bool{
		"host: 127.0.0.1": false,
		"host: '::1'":     false,
		"host: 0.0.0.0":   true,
		"host: '::'":      true,
		"host: 192.0.2.1": true,
		"{host: 0.0.0.0, require_tls: true, trusted_proxies: [10.0.0.1]}":             false,
		fmt.Sprintf("{host: 0.0.0.0, tls: {cert_file: %s, key_file: %s}}", cert, key): false,
	} {
		c, err := parse(t, file)
		if err != nil {
			t.Fatal(file, err)
		}
		about := func(w string) bool { return strings.Contains(w, "without TLS") }
		if slices.ContainsFunc(c.Warnings(), about) != warns {
			t.Errorf("%s: %q", file, c.Warnings())
		}
	}
}
