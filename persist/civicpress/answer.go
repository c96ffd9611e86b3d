package civicpress

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/persist/httpcall"
	"github.com/civicpress/civic-realtime/persist/jsonmembers"
)

// request is a call, which may take several attempts.
type request struct {
	op         op
	method     string
	path       string // below /api/v1, escaped
	token      string
	body       []byte // JSON; nil: none
	idempotent bool   // carrying it out twice does no harm
}

func (r request) fail(kind error, status int, cause error) *Error {
	return &Error{Call: r.op.name(), Kind: kind, Status: status, Cause: cause}
}

// envelope is the form of all answers that the API itself makes. That of an unknown route has no
// Success. Error is sometimes a mere string.
type envelope struct {
	Success *bool           `json:"success"`
	Data    json.RawMessage `json:"data"`
	Error   json.RawMessage `json:"error"`
}

// fault is an error of the API, in an envelope.
type fault struct {
	Code    string `json:"code"`
	Details any    `json:"details"`
}

// parse replaces the body of an answer by its data, or returns its error.
func (r request) parse(a *httpcall.Answer) error {
	var env envelope
	formed := jsonmembers.Decode(a.Body, &env) == nil
	if a.Status/100 == 2 {
		if !formed || env.Success == nil || !*env.Success || len(env.Data) == 0 {
			return r.fail(ErrAnswer, a.Status, nil)
		}
		a.Body = env.Data
		return nil
	}
	f := env.fault()
	e := r.fail(kindOf(a.Status, env, f), a.Status, nil)
	e.Code = f.code()
	return e
}

func (env envelope) fault() (f fault) {
	_ = jsonmembers.Decode(env.Error, &f) // it may be a mere string, or not there
	return f
}

// code returns the API's error code, or "" if it does not look like one: it is logged.
func (f fault) code() string {
	if len(f.Code) > 64 || strings.Trim(f.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return ""
	}
	return f.Code
}

// denied reports whether permission is lacking. The API checks some permissions so late that it
// answers 500.
func (f fault) denied() bool {
	details, _ := f.Details.(string)
	return strings.HasPrefix(details, "Permission denied")
}

func kindOf(status int, env envelope, f fault) error {
	switch {
	case status == http.StatusInternalServerError && f.denied():
		return ErrForbidden
	case status == http.StatusNotFound:
		return notFoundKind(env, f)
	}
	return httpcall.KindOf(status)
}

// notFoundKind returns the error that a 404 stands for, which may be any of three.
func notFoundKind(env envelope, f fault) error {
	switch {
	case env.Success == nil: // an unknown route, or something that is not the API
		return ErrUnsupported
	case f.Code == "SNAPSHOT_NOT_FOUND":
		return ErrNoSnapshot
	}
	return ErrNotFound
}

// decode decodes data into the struct that v points to. Its error has none of encoding/json's
// text, which may quote the data.
func (r request) decode(data json.RawMessage, v any) error {
	if err := jsonmembers.Decode(data, v); err != nil {
		return r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	return nil
}

var errForm = errors.New("a field is of the wrong form")
