package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newCertificate writes a certificate that is valid in a time from now, and its key.
func newCertificate(t *testing.T, begins, ends time.Duration) Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(begins), NotAfter: time.Now().Add(ends)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := Certificate{"tls", filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	for name, block := range map[string]*pem.Block{
		c.CertFile: {Type: "CERTIFICATE", Bytes: der}, c.KeyFile: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestCertificates shows that files of no use, and certificates that are not valid, are failures,
// and that one which expires within 14 days is a warning.
func TestCertificates(t *testing.T) {
	const day = 24 * time.Hour
	good := newCertificate(t, -day, 15*day)
	for _, test := range []struct {
		name   string
		of     Certificate
		status Status
		detail string
	}{
		{"valid", good, OK, "is valid until"},
		{"soon", newCertificate(t, -day, 13*day), Warn, "in less than 14 days"},
		{"expired", newCertificate(t, -2*day, -day), Fail, "expired at"},
		{"not yet valid", newCertificate(t, day, 90*day), Fail, "is not valid before"},
		{"another's key", Certificate{"tls", good.CertFile, newCertificate(t, -day, 90*day).KeyFile}, Fail, "does not match"},
		{"no file", Certificate{"tls", good.CertFile + "x", good.KeyFile}, Fail, "no such file"},
		{"exchanged", Certificate{"tls", good.KeyFile, good.CertFile}, Fail, "PEM"},
	} {
		s := healthy(t)
		s.Certificates = []Certificate{test.of}
		found := Run(t.Context(), s)
		if Failed(found) != (test.status == Fail) {
			t.Errorf("%s: %+v", test.name, found)
		}
		n := 0
		for _, f := range found {
			if f.Check != "certificates" {
				continue
			}
			if n++; f.Status != test.status || !strings.Contains(f.Detail, test.detail) || f.Status != OK && f.Advice == "" {
				t.Errorf("%s: %+v", test.name, f)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d findings", test.name, n)
		}
	}
}
