package certs

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"os"
)

// ErrOther is the error of a client of Pinned whose server has another certificate.
var ErrOther = errors.New("the server has another TLS certificate than the file")

// Pinned returns a configuration for clients on the machine of a server whose certificate is in a
// file. They accept that certificate only, whatever name it is for.
func Pinned(certFile string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection checks more
		VerifyConnection: func(s tls.ConnectionState) error {
			text, err := os.ReadFile(certFile)
			if err != nil {
				return err
			}
			block, _ := pem.Decode(text)
			if block == nil || !bytes.Equal(block.Bytes, s.PeerCertificates[0].Raw) {
				return ErrOther
			}
			return nil
		},
	}
}
