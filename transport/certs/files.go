package certs

import "errors"

// Files are the names of two PEM files: the certificate, followed by those of its issuers, and its
// private key.
type Files struct{ Cert, Key string }

// ErrHalf is returned by Files.Check.
var ErrHalf = errors.New("cert_file and key_file need each other")

// Check returns ErrHalf if only one of the files is named.
func (f Files) Check() error {
	if (f.Cert == "") != (f.Key == "") {
		return ErrHalf
	}
	return nil
}
