// Package lib0test has helpers for the tests of several decoders.
package lib0test

import (
	"errors"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// WantError checks that err is a *lib0.SyntaxError around want at the given offset.
func WantError(t *testing.T, err, want error, offset int) {
	t.Helper()
	var syntax *lib0.SyntaxError
	if !errors.Is(err, want) || !errors.As(err, &syntax) {
		t.Fatalf("error %v, want %v", err, want)
	}
	if syntax.Offset != offset {
		t.Fatalf("error at offset %d, want %d", syntax.Offset, offset)
	}
}
