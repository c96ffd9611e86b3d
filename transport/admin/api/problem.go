package api

import "fmt"

// Problem is the body of an answer with an error (RFC 9457, application/problem+json).
type Problem struct {
	// Type is ProblemPrefix and one of the names below. It stays the same in all versions.
	Type string `json:"type"`
	// Title describes the type in a few words.
	Title string `json:"title"`
	// Status is the HTTP status of the answer.
	Status int `json:"status"`
	// Detail says what is wrong with this request, and what to do.
	Detail string `json:"detail,omitempty"`
	// Errors are the wrong members of the body or of the query. Empty for other problems.
	Errors []FieldError `json:"errors,omitempty"`
}

// FieldError says what is wrong with a member of the body, or a parameter of the query.
type FieldError struct {
	// Field is a JSON pointer into the body ("/text"), or the name of a parameter ("limit").
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// ProblemPrefix begins Problem.Type.
const ProblemPrefix = "urn:civic-realtime:problem:"

// The names of problems, which follow ProblemPrefix.
const (
	BadRequest           = "bad-request"           // 400: the body is no JSON
	Unauthorized         = "unauthorized"          // 401: no token, or a wrong one
	CrossSite            = "cross-site"            // 403: a page of another site has sent the request
	NotFound             = "not-found"             // 404: no such path
	RoomNotFound         = "room-not-found"        // 404
	ConnectionNotFound   = "connection-not-found"  // 404
	VersionNotFound      = "version-not-found"     // 404
	BanNotFound          = "ban-not-found"         // 404
	NodeNotFound         = "node-not-found"        // 404
	EndpointNotFound     = "endpoint-not-found"    // 404: of webhooks
	MessageNotFound      = "message-not-found"     // 404: of webhooks, parked
	MethodNotAllowed     = "method-not-allowed"    // 405
	NotAcceptable        = "not-acceptable"        // 406
	ConfigurationInvalid = "configuration-invalid" // 409: the configuration cannot be loaded
	Conflict             = "conflict"              // 409: not possible in the room's present state
	BodyTooLarge         = "body-too-large"        // 413
	UnsupportedMedia     = "unsupported-media"     // 415: the body's type is not application/json
	HostNotAllowed       = "host-not-allowed"      // 421: the request is for another host
	Invalid              = "invalid"               // 422: members or parameters are wrong
	TooManyAttempts      = "too-many-attempts"     // 429: too many wrong tokens
	TooManyStreams       = "too-many-streams"      // 429: of events or profiles
	Failed               = "failed"                // 500
	Unavailable          = "unavailable"           // 503: draining, or switched off
)

// Named reports whether the problem has a name.
func (p *Problem) Named(name string) bool { return p.Type == ProblemPrefix+name }

// Error implements error.
func (p *Problem) Error() string {
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	for _, e := range p.Errors {
		text += fmt.Sprintf("; %s: %s", e.Field, e.Detail)
	}
	return text
}
