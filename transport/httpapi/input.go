package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// MaxBody is the length of the longest body, in bytes.
const MaxBody = 64 << 10

// ReadBody decodes the JSON object in the body of a request. No body counts as an empty object.
// Unknown members are errors, so that a misspelled one is not ignored.
func ReadBody(w http.ResponseWriter, r *http.Request, into any) error {
	return ReadBodyOf(w, r, MaxBody, into)
}

// ReadBodyOf is ReadBody for a body that may have as many bytes as limit says.
func ReadBodyOf(w http.ResponseWriter, r *http.Request, limit int, into any) error {
	body, err := AllOf(w, r, limit, "")
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if media, err := BodyType(r); err != nil {
		return err
	} else if media != JSONType {
		return Problem(http.StatusUnsupportedMediaType, api.UnsupportedMedia,
			"send the body as "+JSONType)
	}
	return decode(body, into)
}

// AllOf reads the body of a request, which may have as many bytes as limit says; setting names the
// key of the configuration that says so, if there is one. Nothing is read of a body that says that
// it is longer.
func AllOf(w http.ResponseWriter, r *http.Request, limit int, setting string) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, int64(limit))
	var b []byte
	var err error = new(http.MaxBytesError)
	if r.ContentLength <= int64(limit) {
		b, err = io.ReadAll(body)
	}
	if errors.As(err, new(*http.MaxBytesError)) {
		if setting != "" {
			setting = " (" + setting + ")"
		}
		return nil, Problem(http.StatusRequestEntityTooLarge, api.BodyTooLarge,
			fmt.Sprintf("a body may have %d bytes%s", limit, setting))
	}
	if err != nil {
		return nil, Problem(http.StatusBadRequest, api.BadRequest, "the body has not come in full")
	}
	return b, nil
}

// BodyType returns the media type of the body of a request; empty if it has none. It fails if the
// body is compressed, or says that its text is not UTF-8.
func BodyType(r *http.Request) (media string, err error) {
	coding := r.Header.Get("Content-Encoding")
	if coding != "" && !strings.EqualFold(coding, "identity") {
		return "", Problem(http.StatusUnsupportedMediaType, api.UnsupportedMedia,
			"send the body as it is, without Content-Encoding")
	}
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "us-ascii":
		return media, nil
	}
	return "", Problem(http.StatusUnsupportedMediaType, api.UnsupportedMedia,
		"send text in UTF-8")
}

// NoBody refuses a body where none is read.
func NoBody(r *http.Request) error {
	if n, _ := r.Body.Read(make([]byte, 1)); n > 0 {
		return Problem(http.StatusBadRequest, api.BadRequest, "this request takes no body")
	}
	return nil
}

// decode decodes a JSON object. Its error says which member is wrong, and never repeats its value.
func decode(body []byte, into any) error {
	if !utf8.Valid(body) || !json.Valid(body) || body[bytes.IndexFunc(body, notSpace)] != '{' {
		return Problem(http.StatusBadRequest, api.BadRequest, "the body is no JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return Invalid(api.FieldError{
			Field:  "/" + strings.ReplaceAll(wrong.Field, ".", "/"),
			Detail: "must be " + kindName(wrong.Type.Kind()) + ", and is " + wrong.Value,
		})
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return Invalid(api.FieldError{Field: "/" + strings.Trim(name, `"`), Detail: "is not known"})
	}
	return Problem(http.StatusBadRequest, api.BadRequest, "the body cannot be read")
}

func notSpace(c rune) bool { return c != ' ' && c != '\t' && c != '\r' && c != '\n' }
