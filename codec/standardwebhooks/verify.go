package standardwebhooks

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// Tolerance is how many seconds a timestamp may differ from the receiver's clock.
const Tolerance = 5 * 60

// The reasons for which Verify refuses a request.
var (
	ErrNotSigned = errors.New("the request lacks a header of Standard Webhooks")
	ErrTimestamp = errors.New("the time of the signature is too far from now")
	ErrSignature = errors.New("no signature matches")
)

// Verify checks a request's headers at the time now, in seconds since 1970: a signature must be
// valid for one of the secrets, and the timestamp must be within Tolerance. It compares in constant
// time. Signatures of other versions are ignored. The error is ErrNotSigned, ErrTimestamp or
// ErrSignature.
func Verify(h Header, body []byte, now int64, secrets ...Secret) error {
	id, stamp, list := h.Get(HeaderID), h.Get(HeaderTimestamp), h.Get(HeaderSignature)
	if id == "" || stamp == "" || list == "" {
		return ErrNotSigned
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds < now-Tolerance || seconds > now+Tolerance {
		return ErrTimestamp
	}
	for _, secret := range secrets {
		if !secret.IsZero() && matches(list, secret.sum(id, stamp, body)) {
			return nil
		}
	}
	return ErrSignature
}

// matches reports whether a list of signatures has the one with this sum.
func matches(list string, sum []byte) (found bool) {
	for signature := range strings.FieldsSeq(list) {
		encoded, ok := strings.CutPrefix(signature, version)
		got, err := base64.StdEncoding.DecodeString(encoded)
		if ok && err == nil && hmac.Equal(got, sum) {
			found = true
		}
	}
	return found
}
