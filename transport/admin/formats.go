package admin

import "net/http"

// formats are the formats of documents, by their names, each with its media type. The first that
// the client takes is chosen unless it names another.
var formats = []struct{ name, media string }{
	{"yjs", binaryType},
	{"snapshot", snapshotType},
	{"markdown", markdownType},
	{"text", textType},
	{"json", jsonType},
}

// documentTypes are the media types of documents but the first.
var documentTypes = []string{snapshotType, markdownType, textType, jsonType}

// formatOf returns the format that a request asks for by its parameter or, without that, by Accept.
func formatOf(q *query, r *http.Request) (name, media string, err error) {
	names := []string{""}
	for _, f := range formats {
		names = append(names, f.name)
	}
	name = q.word("format", names...)
	if err := q.err(); err != nil {
		return "", "", err
	}
	for _, f := range formats {
		if f.name == name {
			return name, f.media, acceptable(r, f.media)
		}
		if name == "" && acceptable(r, f.media) == nil {
			return f.name, f.media, nil
		}
	}
	return "", "", acceptable(r, documentTypes...)
}
