package logsample

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSampler shows that ten lines a minute are logged, and how many were left out: with the next
// line, or a minute after the first of them.
func TestSampler(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		var out strings.Builder
		log := slog.New(slog.NewTextHandler(&out, nil))
		var s Sampler
		logged := func(n int) (lines []string) {
			out.Reset()
			for range n {
				s.Log(log, slog.LevelWarn, "again", slog.Int("peer", 1))
			}
			synctest.Wait()
			return strings.Split(strings.TrimSpace(out.String()), "\n")
		}
		if lines := logged(25); len(lines) != LinesPerMinute || strings.Contains(out.String(), "omitted") {
			t.Errorf("%q", lines)
		}
		out.Reset()
		time.Sleep(time.Minute)
		synctest.Wait()
		if !strings.Contains(out.String(), "msg=again omitted=15") {
			t.Errorf("after a minute: %q", out.String())
		}
		if lines := logged(1); !strings.HasSuffix(lines[0], "peer=1") {
			t.Errorf("%q", lines)
		}
		logged(LinesPerMinute)
		time.Sleep(time.Minute - 1)
		logged(1)
		time.Sleep(1)
		if lines := logged(1); len(lines) != 1 || strings.Count(out.String(), "omitted=") > 1 {
			t.Errorf("%q", lines)
		}
	})
}
