package certs

import (
	"crypto/tls"
	"crypto/x509"
)

// Mutual returns the configurations of a program that listens for others of its kind, and dials
// them: both sides show the certificate of their pair, which the authority has issued. It is for
// TLS 1.3, and a pair that changes is used from the next handshake on.
func (p *Pair) Mutual(authority *x509.CertPool) (listen, dial *tls.Config) {
	listen = &tls.Config{
		GetCertificate: p.certificate, MinVersion: tls.VersionTLS13,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority,
		DynamicRecordSizingDisabled: true,
	}
	dial = &tls.Config{
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return p.certificate(nil)
		},
		RootCAs: authority, MinVersion: tls.VersionTLS13, DynamicRecordSizingDisabled: true,
	}
	return listen, dial
}
