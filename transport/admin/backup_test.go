package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// TestBackup shows that the answer is the backup, that it is refused where there is none, and that
// one which fails after its beginning is no whole answer.
func TestBackup(t *testing.T) {
	broken := errors.New("the disk is gone: /secret/path")
	make := func(part string, err error) func(*Config) {
		return func(c *Config) {
			c.Backup = func(_ context.Context, w io.Writer) error {
				_, writeErr := io.WriteString(w, part)
				return errors.Join(writeErr, err)
			}
		}
	}
	w := newWorld(t, make("the backup", nil))
	resp := w.do(http.MethodPost, "/v1/backup", "")
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "the backup" || resp.Header.Get("Content-Type") != httpapi.BinaryType {
		t.Errorf("%q, %v, %v", b, err, resp.Header)
	}
	w = newWorld(t, make("half", broken))
	resp = w.do(http.MethodPost, "/v1/backup", "")
	if b, err := io.ReadAll(resp.Body); err == nil || string(b) != "half" {
		t.Errorf("%q is a whole answer, %v", b, err)
	}
	if got := w.log.String(); !strings.Contains(got, "backup failed") || !strings.Contains(got, "bytes=4") {
		t.Errorf("log: %s", got)
	}
	for _, test := range []struct {
		change func(*Config)
		status int
		name   string
	}{
		{func(c *Config) { c.Backup = nil }, http.StatusConflict, api.Conflict},
		{make("", ErrBackupRunning), http.StatusConflict, api.Conflict},
		{make("", broken), http.StatusInternalServerError, api.Failed},
	} {
		resp := newWorld(t, test.change).do(http.MethodPost, "/v1/backup", "")
		b, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != test.status || !strings.Contains(string(b), ":"+test.name+`"`) || strings.Contains(string(b), "secret") {
			t.Errorf("%d %s, want %d %s", resp.StatusCode, b, test.status, test.name)
		}
	}
}
