package transport

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/civicpress/civic-realtime/codec"
)

const (
	protocolHeader = "Sec-WebSocket-Protocol"
	authPrefix     = "auth."
)

// credential returns the token of a request, from the first place that has one:
// the Authorization header, a subprotocol "auth.<token>" or "<token>", the query's "token".
// It must not reach a log, a metric or an error; nor must the query.
func credential(r *http.Request, offered []string) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	for _, p := range offered {
		if token, ok := tokenOffered(p); ok {
			return token
		}
	}
	return r.URL.Query().Get("token")
}

// tokenOffered returns the token that a client offers in the place of a subprotocol.
func tokenOffered(subprotocol string) (token string, ok bool) {
	if token, ok = strings.CutPrefix(subprotocol, authPrefix); ok {
		return token, true
	}
	return subprotocol, bareToken.MatchString(subprotocol)
}

// bareToken is what a token looks like that stands alone: a session token of CivicPress, or a JWT, whose first part is a
// JSON object in base64. No name of a subprotocol is taken for one.
var bareToken = regexp.MustCompile(`^([0-9a-f]{64}\.[0-9a-f]{64}|eyJ[\w-]+\.[\w-]+\.[\w-]*)$`)

// offers lists the subprotocols a client offers, in its order.
func offers(h http.Header) (protocols []string) {
	for _, line := range h.Values(protocolHeader) {
		for p := range strings.SplitSeq(line, ",") {
			protocols = append(protocols, strings.TrimSpace(p))
		}
	}
	return protocols
}

// choose returns the offered subprotocol that the server names in its answer, or
// none, and what is spoken, nil when that is to be found out. Browsers fail a
// handshake that answers none of what they offered, so a client that offers
// nothing but its token gets that back, and speaks y-websocket.
func choose(offered []string) (subprotocol string, protocol *codec.Protocol) {
	auth := ""
	for _, name := range offered {
		if p := protocolNamed(name); p != nil {
			return name, p
		}
		if _, ok := tokenOffered(name); ok && auth == "" {
			auth = name
		}
	}
	if auth != "" {
		return auth, binaryProtocol
	}
	return "", nil
}
