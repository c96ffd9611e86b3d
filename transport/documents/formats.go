package documents

import (
	"net/http"

	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// The formats of documents.
const (
	formatYjs      = "yjs"
	formatJSON     = "json"
	formatMarkdown = "markdown"
	formatText     = "text"
)

// formats are the formats of documents, each with its media type. The first of those that the
// client prefers is chosen unless it names another. Their first letters differ, as tags have them.
var formats = []httpapi.Format{
	{Name: formatYjs, Media: httpapi.BinaryType},
	{Name: formatJSON, Media: httpapi.JSONType},
	{Name: formatMarkdown, Media: httpapi.MarkdownType},
	{Name: formatText, Media: httpapi.TextType},
}

// documentTypes are the media types of documents but the first.
var documentTypes = []string{httpapi.JSONType, httpapi.MarkdownType, httpapi.TextType}

// mediaOf returns the media type of a format, as an answer has it.
func mediaOf(format string) string {
	for _, f := range formats {
		if f.Name == format && (format == formatMarkdown || format == formatText) {
			return f.Media + "; charset=utf-8"
		} else if f.Name == format {
			return f.Media
		}
	}
	return ""
}

// formatOf returns the name of the format that a request asks for.
func formatOf(q *httpapi.Query, r *http.Request) (name string, err error) {
	f, err := httpapi.FormatOf(q, r, formats)
	return f.Name, err
}
