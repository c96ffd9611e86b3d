package auth

import (
	"net/http"
	"regexp"
	"strings"
)

// FromRequest returns the token of a request, or "". It is looked for in this order: the header
// Authorization, the offered subprotocols, the parameter "token" of the query. The token, and
// the query, must not reach a log, a metric or an error.
func FromRequest(r *http.Request, offered []string) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	for _, p := range offered {
		if token, ok := FromSubprotocol(p); ok {
			return token
		}
	}
	return r.URL.Query().Get("token")
}

// FromSubprotocol returns the token that a client offers in the place of a subprotocol, as
// "auth.<token>" or "<token>". Browsers cannot send it in a header of its own.
func FromSubprotocol(subprotocol string) (token string, ok bool) {
	if token, ok = strings.CutPrefix(subprotocol, "auth."); ok {
		return token, true
	}
	return subprotocol, bareToken.MatchString(subprotocol)
}

// bareToken matches a token that is offered without a prefix: a session token of CivicPress, or a
// JWT, whose first part is a JSON object in base64. No name of a subprotocol matches.
var bareToken = regexp.MustCompile(
	`^([0-9a-f]{64}\.[0-9a-f]{64}|eyJ[\w-]+\.[\w-]+\.[\w-]*)$`)
