package civicpress

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

func TestMetrics(t *testing.T) {
	withAPI(t, Config{Secret: standin.DefaultSecret, Options: httpcall.Options{Attempts: 5}}, standin.Options{},
		func(t *testing.T, w *fixture) {
			w.api.Put("r", "text", nil)
			w.mustAuthenticate(w.ann)
			w.mustAuthenticate(w.ann)
			_, _ = w.Authenticate(t.Context(), "forged")
			for range 2 {
				_, _ = w.Authenticate(t.Context(), w.api.Sign(strings.Repeat("ab", 32)))
			}
			w.api.Fail(standin.Fault{Route: standin.GetRecord, Delay: time.Second, Times: 1})
			w.mustLoadRecord(w.ann, "r")
			_, _ = w.LoadRecord(t.Context(), w.ann, "s")
			_, _ = w.LoadSnapshot(t.Context(), w.ann, "r")
			time.Sleep(time.Minute)
			w.api.Fail(standin.Fault{Status: 502})
			w.mustAuthenticate(w.ann)
			var b bytes.Buffer
			w.WriteMetrics(&b)
			for _, line := range []string{
				`realtime_civicpress_calls_total{call="check session",outcome="ok"} 2`,
				`realtime_civicpress_calls_total{call="check session",outcome="unauthorized"} 1`,
				`realtime_civicpress_calls_total{call="check session",outcome="unavailable"} 5`,
				`realtime_civicpress_calls_total{call="load record",outcome="ok"} 1`,
				`realtime_civicpress_calls_total{call="load record",outcome="not_found"} 1`,
				`realtime_civicpress_calls_total{call="load snapshot",outcome="unsupported"} 1`,
				`realtime_civicpress_call_seconds_sum{call="load record"} 1`,
				`realtime_civicpress_call_seconds_count{call="load record"} 2`,
				`realtime_civicpress_call_seconds_count{call="save draft"} 0`,
				`realtime_civicpress_retries_total 4`,
				`realtime_civicpress_breaker_opened_total 1`,
				`realtime_civicpress_sessions_known_total 1`,
				`realtime_civicpress_sessions_stale_total 1`,
				`realtime_civicpress_sessions_refused_total 1`,
				`realtime_civicpress_tokens_malformed_total 1`,
			} {
				if !strings.Contains(b.String(), line+"\n") {
					t.Errorf("no %s", line)
				}
			}
			if t.Failed() {
				t.Log(b.String())
			}
		})
}
