package documents

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// body returns the body of a request, which may be as long as a document.
func (r *request) body() ([]byte, error) {
	return httpapi.AllOf(r.w, r.Request, r.now.DocumentBytes, "limits.document_bytes")
}

// formOf returns the form of the body of a request, by its media type and the parameter fragment.
func (r *request) formOf() (f form, err error) {
	f.fragment = httpapi.NewQuery(r.Request).Text("fragment")
	media, err := httpapi.BodyType(r.Request)
	if err != nil {
		return f, err
	}
	switch media {
	case httpapi.BinaryType:
		f.format = formatYjs
	case httpapi.MarkdownType:
		f.format = formatMarkdown
	case httpapi.TextType:
		f.format = formatText
	default:
		return f, problem(http.StatusUnsupportedMediaType, api.UnsupportedMedia, "send an update "+
			"of Yjs as "+httpapi.BinaryType+", or text/markdown, or text/plain")
	}
	if f.format == formatYjs && f.fragment != "" {
		return f, wrongParameter("fragment", "does not go with an update")
	}
	return f, nil
}

// text returns the body of a request as text.
func (r *request) text() (string, error) {
	b, err := r.body()
	if err == nil && !utf8.Valid(b) {
		err = notText("the body")
	}
	return string(b), err
}

func notText(what string) error {
	return httpapi.Invalid(api.FieldError{Field: "", Detail: what + " is not UTF-8"})
}

// prefersDocument reports whether the client wants the document in the answer to an edit (RFC
// 7240).
func (r *request) prefersDocument() bool {
	for _, line := range r.Header.Values("Prefer") {
		for part := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(part) == "return=representation" {
				return true
			}
		}
	}
	return false
}
