package bolt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
)

// TestSizes shows that the sizes of the files, and the free space of their disk, are metrics.
func TestSizes(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows := []persist.Row{{Room: "r", Data: make([]byte, 5000)}}
	if err := s.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	s.checkFiles()
	var out bytes.Buffer
	s.WriteMetrics(&out)
	for name, file := range map[string]string{"realtime_store_bytes": dbName, "realtime_journal_bytes": filepath.Base(s.wal.Path())} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil || info.Size() == 0 {
			t.Fatal(file, err)
		}
		if !strings.Contains(out.String(), fmt.Sprintf("%s %d\n", name, info.Size())) {
			t.Errorf("%s is not %d:\n%s", name, info.Size(), out.String())
		}
	}
	if free, ok := freeBytes(dir); ok != strings.Contains(out.String(), "realtime_store_free_bytes ") || ok && free == 0 {
		t.Errorf("free: %d, %v:\n%s", free, ok, out.String())
	}
}
