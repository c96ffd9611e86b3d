package audit

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRedact shows that names of rooms can be replaced in all fields of a line that may have them.
func TestRedact(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.log")
	trail, err := Open(name, "1.2.3", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	trail.Add(Line{Kind: Lock, Room: "record:a", Reason: "of record:a"})
	trail.Redact(func(text, room string) string { return strings.ReplaceAll(text, cmp.Or(room, "none"), "hash") })
	trail.Add(Line{Kind: Lock, Room: "record:b", Reason: "of record:b"})
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || strings.Count(string(text), "record:a") != 2 || strings.Count(string(text), "hash") != 2 || strings.Contains(string(text), "record:b") {
		t.Errorf("%s, %v", text, err)
	}
	var none *Trail
	none.Redact(nil)
}
