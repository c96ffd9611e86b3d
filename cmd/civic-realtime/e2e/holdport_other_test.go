//go:build !linux

package e2e

import "testing"

// freeAddr returns an address to listen at, on any port. A server that listens there again may find
// that another process was given it meanwhile.
func freeAddr(*testing.T) string { return "127.0.0.1:0" }
