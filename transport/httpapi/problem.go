package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

const (
	JSONType    = "application/json"
	ProblemType = "application/problem+json"
	MetricsType = "text/plain"
	EventsType  = "text/event-stream"
	BinaryType  = "application/octet-stream"

	SnapshotType = "application/vnd.civic-realtime.snapshot"
	MarkdownType = "text/markdown"
	TextType     = "text/plain"
)

// Problem returns an error that is answered with that status and body. detail says what is wrong,
// and what to do.
func Problem(status int, name, detail string) *api.Problem {
	return &api.Problem{
		Type: api.ProblemPrefix + name, Title: title(name), Status: status, Detail: detail,
	}
}

// title returns the words of a problem's name.
func title(name string) string { return strings.ReplaceAll(name, "-", " ") }

// Invalid returns the problem of wrong members or parameters.
func Invalid(errs ...api.FieldError) *api.Problem {
	p := Problem(http.StatusUnprocessableEntity, api.Invalid, "the request has wrong values")
	p.Errors = errs
	return p
}

// Answer writes an answer with a JSON body.
func Answer(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", JSONType)
	WriteBody(w, status, body)
	return nil
}

// WriteBody writes status and body. It encodes all of the body first, so that an error cannot leave
// half an answer; bodies are at most a page.
func WriteBody(w http.ResponseWriter, status int, body any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic("httpapi: " + err.Error()) // bodies are types that JSON has
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // fails only if the client has gone
}
