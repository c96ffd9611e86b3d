package hooks

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/persist/jsonmembers"
)

// request is a call, which may take several attempts.
type request struct {
	hook    hook
	id      string // of the message, the same for all attempts
	body    []byte // JSON
	etag    string // that the body is based on; empty: none
	maxBody int    // of the answer
}

func (r request) fail(kind error, status int, cause error) *Error {
	return &Error{Hook: r.hook.String(), Kind: kind, Status: status, Cause: cause}
}

// answer is a complete answer of a receiver.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// mediaType returns the media type of the body in lower case, without parameters.
func (a answer) mediaType() string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// refusalAnswer is the body of an answer that refuses something. Everything is optional.
type refusalAnswer struct {
	Reason string `json:"reason"`
}

// check returns the error that an answer stands for, nil for a success.
func (r request) check(a answer, cfg Config) error {
	if a.status/100 == 2 {
		return nil
	}
	e := r.fail(kindOf(a.status), a.status, nil)
	if refuses(e) || e.Kind == ErrConflict {
		var body refusalAnswer
		if a.mediaType() != "application/json" || jsonmembers.Decode(a.body, &body) != nil {
			return r.fail(ErrRejected, a.status, errNotJSON)
		}
		e.Reason = readable(body.Reason)
	}
	switch a.status {
	case http.StatusTooManyRequests:
		e.After = limitFor(a.header, cfg)
	case http.StatusServiceUnavailable:
		e.After = retryAfter(a.header)
	}
	return e
}

var errNotJSON = errors.New("the answer is no JSON object, so it may be another program's")

func kindOf(status int) error {
	switch {
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusGone:
		return ErrGone
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return ErrConflict
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

// maxReason is the length in bytes of the longest reason that a client is sent: a close frame has
// no place for more.
const maxReason = 100

// readable returns a reason that can be sent to a client, "" if it cannot.
func readable(reason string) string {
	if !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl) {
		return ""
	}
	for len(reason) > maxReason {
		_, size := utf8.DecodeLastRuneInString(reason)
		reason = reason[:len(reason)-size]
	}
	return reason
}

// limitFor returns the time for which a 429 holds calls back.
func limitFor(h http.Header, cfg Config) time.Duration {
	if after := retryAfter(h); after > 0 {
		return min(after, cfg.RateLimitMax)
	}
	return cfg.RateLimitPause
}

// retryAfter reads both forms of the header, and returns 0 if it is missing or malformed.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil {
		return max(0, time.Duration(min(n, 1<<30))*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// encode returns v as JSON, without json.Marshal's escapes for HTML.
func encode(v any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}
