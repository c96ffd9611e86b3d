package standardwebhooks

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
)

// The headers of a signed request, in the form that http.Header.Set and Get turn into their own.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// version begins each signature; others than v1 are asymmetric and not supported.
const version = "v1,"

// NewID returns a random identifier for a message, "msg_" and 26 letters and digits. An attempt to
// send the same message again uses the same identifier.
func NewID() string { return "msg_" + rand.Text() }

// Sign returns the value of HeaderSignature for a message that is sent at a time in seconds since
// 1970: a signature for each secret, in their order. id must not be empty or contain a dot, as
// "id.timestamp.body" is signed.
func Sign(id string, timestamp int64, body []byte, secrets ...Secret) string {
	var signatures []string
	for _, secret := range secrets {
		if !secret.IsZero() {
			sum := secret.sum(id, strconv.FormatInt(timestamp, 10), body)
			signatures = append(signatures, version+base64.StdEncoding.EncodeToString(sum))
		}
	}
	return strings.Join(signatures, " ")
}

// Header is the part of http.Header that requests are signed with.
type Header interface {
	Get(name string) string
	Set(name, value string)
}

// SignHeader sets the three headers of a request.
func SignHeader(h Header, id string, timestamp int64, body []byte, secrets ...Secret) {
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, strconv.FormatInt(timestamp, 10))
	h.Set(HeaderSignature, Sign(id, timestamp, body, secrets...))
}

func (s Secret) sum(id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(s.key))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
