package admin

import (
	"net/http"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// TestStored shows the pages of stored rooms, and that damage in some of them does not hide others.
func TestStored(t *testing.T) {
	w := newWorld(t, nil)
	const first = `{"name":"record:a","kind":"record","saved_at":"2026-01-02T03:04:05Z","snapshot_bytes":9,"updates":2,"versions":3,"expires_at":"2026-01-02T03:04:05Z"}`
	const second = `{"name":"notes/c","kind":"document","snapshot_bytes":0,"updates":1,"versions":0}`
	w.must(200, `{"rooms":[`+first+`,`+second+"]}\n", "GET", "/v1/stored?prefix=p&after=a", "")
	w.mustCall("stored p a")
	w.must(200, `{"rooms":[`+first+`],"next_after":"record:a"}`, "GET", "/v1/stored?limit=1", "")
	w.engine.fails = errDamaged{}
	w.must(200, second+`],"damage":"checksum mismatch in room record:z"}`, "GET", "/v1/stored", "")
	w.engine.fails = errDisk
	w.must(500, "the log has the reason", "GET", "/v1/stored", "")
}

// TestDocumentFormats shows how the format of a document is chosen, and its answer.
func TestDocumentFormats(t *testing.T) {
	w := newWorld(t, nil)
	const path = "/v1/rooms/notes%2Fc/versions/"
	for _, test := range []struct {
		version, accept string
		status          int
		format          string // that the engine is asked for
		media           string
	}{
		{"current", "*/*", 200, "0 yjs", httpapi.BinaryType},
		{"3", "", 200, "3 yjs", httpapi.BinaryType},
		{"3", "text/*", 200, "3 markdown", httpapi.MarkdownType},
		{"3", "application/json;q=0.5", 200, "3 json", httpapi.JSONType},
		{"3", httpapi.SnapshotType, 200, "3 snapshot", httpapi.SnapshotType},
		{"3?format=text", "*/*", 200, "3 text", httpapi.TextType},
		{"3?format=text", "text/plain", 200, "3 text", httpapi.TextType},
		{"3?format=text", "text/markdown", 406, "", httpapi.ProblemType},
		{"3", "image/png", 406, "", httpapi.ProblemType},
	} {
		resp := w.do(http.MethodGet, path+test.version, "", "Accept", test.accept)
		if media := resp.Header.Get("Content-Type"); resp.StatusCode != test.status || media != test.media {
			t.Errorf("%s, %s: %s, %s", test.version, test.accept, resp.Status, media)
		}
		if test.format == "" {
			continue
		}
		w.mustCall("document notes/c " + test.format)
		if remark := resp.Header.Get(RemarkHeader); remark != `"\"t\u00f6do\" (an array)\nis not shown"` {
			t.Errorf("remark: %s", remark)
		}
	}
	status, text := w.send(http.MethodGet, path+"3?format=markdown", "")
	if status != 200 || text != strings.Repeat("line\n", 1<<19) {
		t.Errorf("%d, %d bytes", status, len(text))
	}
}

// TestDocumentsAreBounded shows that documents are no more at once than streams.
func TestDocumentsAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Streams = 1 })
	w.s.streams.Add(1)
	w.must(429, api.TooManyStreams, "GET", "/v1/rooms/record:a/versions/1", "")
	w.s.streams.Add(-1)
	for range 3 {
		w.must(200, "", "GET", "/v1/rooms/record:a/versions/1", "")
	}
}

// TestRestoreVersion shows what the engine is asked for, and what is logged.
func TestRestoreVersion(t *testing.T) {
	w := newWorld(t, nil)
	w.must(200, `{"room":"record:a","version":3,"kept":4}`, "POST", "/v1/rooms/record:a/versions/3/restore", "{}", NameHeader, "ann")
	w.mustCall("restore record:a 3 ann")
	if w.log.lines("action=restore by=ann") != 1 || w.log.lines("room=record:a version=3 kept=4") != 1 {
		t.Errorf("log: %s", w.log)
	}
	for _, version := range []string{"current", "0", "-1", "x", "99999999999999999999"} {
		w.must(404, api.VersionNotFound, "POST", "/v1/rooms/record:a/versions/"+version+"/restore", "")
	}
	w.mustCall("restore record:a 3 ann")
}
