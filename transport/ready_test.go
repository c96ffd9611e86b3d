package transport

import (
	"errors"
	"testing"
)

// TestReadyOfConfig shows that the server is not ready while Config.Ready says so.
func TestReadyOfConfig(t *testing.T) {
	away := errors.New("away")
	var now error
	w := newWorld(t, with(Config{Ready: func() error { return now }}))
	if err := w.Ready(); err != nil {
		t.Error(err)
	}
	if now = away; !errors.Is(w.Ready(), away) {
		t.Errorf("%v", w.Ready())
	}
}
