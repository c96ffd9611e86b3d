package admin

import (
	"net/http"

	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// formats are the formats of documents, by their names, each with its media type. The first that
// the client takes is chosen unless it names another.
var formats = []struct{ name, media string }{
	{"yjs", httpapi.BinaryType},
	{"snapshot", httpapi.SnapshotType},
	{"markdown", httpapi.MarkdownType},
	{"text", httpapi.TextType},
	{"json", httpapi.JSONType},
}

// documentTypes are the media types of documents but the first.
var documentTypes = []string{
	httpapi.SnapshotType, httpapi.MarkdownType, httpapi.TextType, httpapi.JSONType,
}

// formatOf returns the format that a request asks for by its parameter or, without that, by Accept.
func formatOf(q *httpapi.Query, r *http.Request) (name, media string, err error) {
	names := []string{""}
	for _, f := range formats {
		names = append(names, f.name)
	}
	name = q.Word("format", names...)
	if err := q.Err(); err != nil {
		return "", "", err
	}
	for _, f := range formats {
		if f.name == name {
			return name, f.media, httpapi.Acceptable(r, f.media)
		}
		if name == "" && httpapi.Acceptable(r, f.media) == nil {
			return f.name, f.media, nil
		}
	}
	return "", "", httpapi.Acceptable(r, documentTypes...)
}
