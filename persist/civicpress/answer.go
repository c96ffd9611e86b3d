package civicpress

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// envelope is what every answer of the API's own comes in. An unknown route has no
// Success, and some errors are a mere string.
type envelope struct {
	Success *bool           `json:"success"`
	Data    json.RawMessage `json:"data"`
	Error   json.RawMessage `json:"error"`
}

// fault is the error in an envelope.
type fault struct {
	Code    string `json:"code"`
	Details any    `json:"details"`
}

// parse turns an answer into data or an error.
func (r request) parse(resp *http.Response, body []byte, cfg Config) ([]byte, error) {
	var env envelope
	formed := decodeMembers(body, &env) == nil
	if resp.StatusCode/100 == 2 {
		if !formed || env.Success == nil || !*env.Success || len(env.Data) == 0 {
			return nil, r.fail(ErrAnswer, resp.StatusCode, nil)
		}
		return env.Data, nil
	}
	f := env.fault()
	e := r.fail(kindOf(resp.StatusCode, env, f), resp.StatusCode, nil)
	e.Code = f.code()
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		e.After = limitFor(resp.Header, cfg)
	case http.StatusServiceUnavailable:
		e.After = retryAfter(resp.Header)
	}
	return nil, e
}

func (env envelope) fault() (f fault) {
	_ = decodeMembers(env.Error, &f) // it may be a mere string, or not there
	return f
}

// code is the API's if it looks like one: it ends up in logs.
func (f fault) code() string {
	if len(f.Code) > 64 || strings.Trim(f.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return ""
	}
	return f.Code
}

// denied: the API finds out some lacks of permission so late that it answers 500.
func (f fault) denied() bool {
	details, _ := f.Details.(string)
	return strings.HasPrefix(details, "Permission denied")
}

func kindOf(status int, env envelope, f fault) error {
	switch {
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden, status == http.StatusInternalServerError && f.denied():
		return ErrForbidden
	case status == http.StatusNotFound:
		return notFoundKind(env, f)
	case status == http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusRequestTimeout, status >= 500:
		return ErrUnavailable
	case status >= 400:
		return ErrRejected
	}
	return ErrAnswer // redirects among them
}

// notFoundKind tells the three kinds of 404 apart.
func notFoundKind(env envelope, f fault) error {
	switch {
	case env.Success == nil: // an unknown route, or something that is not the API
		return ErrUnsupported
	case f.Code == "SNAPSHOT_NOT_FOUND":
		return ErrNoSnapshot
	}
	return ErrNotFound
}

// decode reads data into the struct that v points to. What encoding/json says may quote the data.
func (r request) decode(data json.RawMessage, v any) error {
	if err := decodeMembers(data, v); err != nil {
		return r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	return nil
}

var errForm = errors.New("a field is of the wrong form")
