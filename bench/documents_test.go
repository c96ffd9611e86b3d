package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"testing"

	"github.com/civicpress/civic-realtime/bench/process"
	"github.com/civicpress/civic-realtime/bench/table"
	"github.com/civicpress/civic-realtime/bench/trace"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/documents"
)

// BenchmarkReadDocument measures the document of the editing trace B4 (package trace) that a
// program reads over HTTP: as an update; as text that was not read before; as text again; and with
// a tag that the program has. The bounds are of CPU time, in milliseconds.
func BenchmarkReadDocument(b *testing.B) {
	keys, err := trace.B4()
	if err != nil {
		b.Fatal(err)
	}
	var d ydoc.Doc
	var typist trace.Typist
	for _, k := range keys {
		apply(b, &d, typist.Append(nil, k, 1<<30))
	}
	e := newEngine(b, persist.NewMemory())
	edit := engine.Edit{Update: d.AppendState(nil)}
	if _, err := e.Edit(b.Context(), roomkey.MustParse("record:r"), edit); err != nil {
		b.Fatal(err)
	}
	read := func(b *testing.B, s *documents.Server, query, tag string) string {
		r := httptest.NewRequest(http.MethodGet, documents.Path+"/record:r"+query, nil).WithContext(context.Background())
		r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		if s.Serve(w, r, netip.Addr{}); w.Code != http.StatusOK && w.Code != http.StatusNotModified {
			b.Fatal(w.Code, w.Body)
		}
		return w.Header().Get("ETag")
	}
	for _, test := range []struct {
		name, query   string
		cached, known bool
		most          float64
	}{
		{"update", "", true, false, 1}, {"text", "?format=text", false, false, 10},
		{"text-again", "?format=text", true, false, 1}, {"text-known", "?format=text", true, true, 1},
	} {
		b.Run(test.name, func(b *testing.B) {
			set := documents.Settings{Open: true, RequestsPerSecond: 1e6, Burst: 1e6}
			if !test.cached {
				set.CacheBytes = 1
			}
			s := documents.New(documents.Config{Settings: set, Engine: e}, slog.New(slog.DiscardHandler))
			tag := ""
			if test.known {
				tag = read(b, s, test.query, "")
			}
			b.ReportAllocs()
			runtime.GC() // the garbage of before is not measured
			start := process.OwnCPU()
			for b.Loop() {
				read(b, s, test.query, tag)
			}
			ms := float64(process.OwnCPU()-start) / 1e6 / float64(b.N)
			b.ReportMetric(ms, "cpu-ms/op")
			b.Log(table.Most("B4 read over HTTP: "+test.name, fmt.Sprintf("%.2f ms of CPU", ms), fmt.Sprint(test.most, " ms"), ms, test.most))
		})
	}
}
