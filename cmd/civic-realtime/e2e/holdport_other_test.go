//go:build !linux

package e2e

import "testing"

// freeAddr returns an address to listen at, on any port. While the test's server is stopped,
// another process may get its port.
func freeAddr(*testing.T) string { return "127.0.0.1:0" }
