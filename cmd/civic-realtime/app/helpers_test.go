package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen. It claims nothing about speed.
const patience = 30 * time.Second

const testSecret = "thirty-two bytes of the greatest secrecy"

func write(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
