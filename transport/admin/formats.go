package admin

import (
	"net/http"

	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// formats are the formats of documents, by their names, each with its media type. The first of
// those that the client prefers is chosen unless it names another.
var formats = []httpapi.Format{
	{Name: "yjs", Media: httpapi.BinaryType},
	{Name: "snapshot", Media: httpapi.SnapshotType},
	{Name: "markdown", Media: httpapi.MarkdownType},
	{Name: "text", Media: httpapi.TextType},
	{Name: "json", Media: httpapi.JSONType},
}

// documentTypes are the media types of documents but the first.
var documentTypes = []string{
	httpapi.SnapshotType, httpapi.MarkdownType, httpapi.TextType, httpapi.JSONType,
}

// formatOf returns the format that a request asks for.
func formatOf(q *httpapi.Query, r *http.Request) (name, media string, err error) {
	f, err := httpapi.FormatOf(q, r, formats)
	return f.Name, f.Media, err
}
