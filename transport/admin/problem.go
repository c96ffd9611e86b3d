package admin

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
	metricsType = "text/plain"
	eventsType  = "text/event-stream"
	binaryType  = "application/octet-stream"

	snapshotType = "application/vnd.civic-realtime.snapshot"
	markdownType = "text/markdown"
	textType     = "text/plain"
)

// problem returns an error that is answered with that status and body. detail says what is wrong,
// and what to do.
func problem(status int, name, detail string) *api.Problem {
	return &api.Problem{
		Type: api.ProblemPrefix + name, Title: title(name), Status: status, Detail: detail,
	}
}

// title returns the words of a problem's name.
func title(name string) string { return strings.ReplaceAll(name, "-", " ") }

// invalid returns the problem of wrong members or parameters.
func invalid(errs ...api.FieldError) *api.Problem {
	p := problem(http.StatusUnprocessableEntity, api.Invalid, "the request has wrong values")
	p.Errors = errs
	return p
}

// answer writes an answer with a JSON body.
func answer(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", jsonType)
	writeBody(w, status, body)
	return nil
}

// writeBody writes status and body. It encodes all of the body first, so that an error cannot leave
// half an answer; bodies are at most a page.
func writeBody(w http.ResponseWriter, status int, body any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic("admin: " + err.Error()) // all bodies are types of package api
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // fails only if the client has gone
}
