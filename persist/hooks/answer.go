package hooks

import (
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/persist/httpcall"
	"github.com/civicpress/civic-realtime/persist/jsonmembers"
)

// request is a call, which may take several attempts.
type request struct {
	hook    hook
	body    []byte // JSON
	etag    string // that the body is based on; empty: none
	maxBody int    // of the answer
}

func (r request) fail(kind error, status int, cause error) *Error {
	return &Error{Call: r.hook.name(), Kind: kind, Status: status, Cause: cause}
}

// mediaType returns the media type of the body in lower case, without parameters.
func mediaType(a *httpcall.Answer) string {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
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
func (r request) check(a *httpcall.Answer) error {
	if a.Status/100 == 2 {
		return nil
	}
	e := r.fail(kindOf(a.Status), a.Status, nil)
	if refuses(e) || e.Kind == ErrConflict {
		var body refusalAnswer
		if mediaType(a) != "application/json" || jsonmembers.Decode(a.Body, &body) != nil {
			return r.fail(ErrRejected, a.Status, errNotJSON)
		}
		e.Reason = readable(body.Reason)
	}
	return e
}

var errNotJSON = errors.New("the answer is no JSON object, so it may be another program's")

func kindOf(status int) error {
	switch status {
	case http.StatusGone:
		return ErrGone
	case http.StatusConflict, http.StatusPreconditionFailed:
		return ErrConflict
	}
	return httpcall.KindOf(status)
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
