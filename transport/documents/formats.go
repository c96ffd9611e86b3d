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

// formats are the formats of documents, each with its media type. The first that the client takes
// is chosen unless it names another. Their first letters differ, as tags have them.
var formats = []struct{ name, media string }{
	{formatYjs, httpapi.BinaryType},
	{formatJSON, httpapi.JSONType},
	{formatMarkdown, httpapi.MarkdownType},
	{formatText, httpapi.TextType},
}

// documentTypes are the media types of documents but the first.
var documentTypes = []string{httpapi.JSONType, httpapi.MarkdownType, httpapi.TextType}

// mediaOf returns the media type of a format, as an answer has it.
func mediaOf(format string) string {
	for _, f := range formats {
		if f.name == format && (format == formatMarkdown || format == formatText) {
			return f.media + "; charset=utf-8"
		} else if f.name == format {
			return f.media
		}
	}
	return ""
}

// formatOf returns the format that a request asks for by its parameter or, without that, by Accept.
func formatOf(q *httpapi.Query, r *http.Request) (name string, err error) {
	names := []string{""}
	for _, f := range formats {
		names = append(names, f.name)
	}
	name = q.Word("format", names...)
	if err := q.Err(); err != nil {
		return "", err
	}
	for _, f := range formats {
		if f.name == name {
			return name, httpapi.Acceptable(r, f.media)
		}
		if name == "" && httpapi.Acceptable(r, f.media) == nil {
			return f.name, nil
		}
	}
	return "", httpapi.Acceptable(r, documentTypes...)
}
