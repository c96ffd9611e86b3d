package bench

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/documents"
)

// BenchmarkReadDocument measures a document of 260,000 keystrokes that a program reads over HTTP:
// as an update, of which the bound is 1 ms; as text that was not read before, of which the bound is
// 10 ms; as text again; and with a tag that the program has.
func BenchmarkReadDocument(b *testing.B) {
	var d ydoc.Doc
	for _, update := range session(1<<30, keystrokes) {
		apply(b, &d, update)
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
	}{
		{"update", "", true, false}, {"text", "?format=text", false, false},
		{"text-again", "?format=text", true, false}, {"text-known", "?format=text", true, true},
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
			for b.Loop() {
				read(b, s, test.query, tag)
			}
		})
	}
}
