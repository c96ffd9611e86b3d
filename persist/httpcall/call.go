package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

// Call is a call, which may take several attempts.
type Call struct {
	Name       string // in errors
	Op         string // in metrics: one of NewMetrics
	Method     string
	URL        string
	Body       []byte // JSON; nil: none
	MaxAnswer  int    // the length of the longest body of an answer, in bytes
	Idempotent bool   // carrying it out twice does no harm
	Limit      *HoldBack
	// Sign sets headers of an attempt.
	Sign func(http.Header)
	// Read returns the error that an answer stands for, an *Error, and may replace the body.
	// Error.After need not be set.
	Read func(*Answer) error
}

// Answer is a complete answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (c Call) fail(kind error, status int, cause error) *Error {
	return &Error{Call: c.Name, Kind: kind, Status: status, Cause: cause}
}

func (c Call) request(ctx context.Context) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "civic-realtime")
	if c.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	c.Sign(r.Header)
	return r, nil
}

// Encode returns v as JSON, without json.Marshal's escapes for HTML.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
