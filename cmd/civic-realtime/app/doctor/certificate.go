package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"time"
)

// expiresSoon is the time before its expiry from which on a certificate should have been renewed.
const expiresSoon = 14 * 24 * time.Hour

// checkCertificates reads the files of certificates, and looks at when they are valid.
func checkCertificates(_ context.Context, s *Subject) (found []Finding) {
	for _, c := range s.Certificates {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			found = append(found, unusable(c, err))
			continue
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			found = append(found, unusable(c, err))
			continue
		}
		found = append(found, c.validity(leaf, time.Now()))
	}
	return found
}

// unusable is the finding for files that are no certificate with its key.
func unusable(c Certificate, err error) Finding {
	advice := "put the certificate, followed by those of its issuers, and its own key there, as PEM"
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		advice = "correct the name, or let the user of the server read the file"
	}
	return fail(advice, "%s: %s with key %s: %v", c.Key, c.CertFile, c.KeyFile, err)
}

// validity is the finding for a certificate at a time.
func (c Certificate) validity(leaf *x509.Certificate, now time.Time) Finding {
	const renew = "renew it; the server uses new files from the next handshake on"
	ends := leaf.NotAfter.UTC().Format(time.DateTime)
	switch {
	case now.After(leaf.NotAfter):
		return fail(renew, "%s: %s expired at %s UTC", c.Key, c.CertFile, ends)
	case now.Before(leaf.NotBefore):
		return fail("wait, or correct the clock", "%s: %s is not valid before %s UTC",
			c.Key, c.CertFile, leaf.NotBefore.UTC().Format(time.DateTime))
	case leaf.NotAfter.Sub(now) < expiresSoon:
		return warn(renew, "%s: %s expires at %s UTC, in less than 14 days", c.Key, c.CertFile, ends)
	}
	return ok("%s: %s is valid until %s UTC", c.Key, c.CertFile, ends)
}
