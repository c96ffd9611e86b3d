// Package auth identifies the bearers of tokens, and decides about their access to rooms, and about
// the origins of pages that may connect.
//
// An Authenticator turns a token into a Session: the bearer's identity, roles and grants, and how
// long they hold. Policy then decides whether a session may enter a room. JWT is the Authenticator
// for JSON Web Tokens (RFC 7519); it is the sole user of golang-jwt. An API that knows the
// sessions of its users implements Authenticator itself.
//
// Tokens of programs, for the documents API, are JWTs of the same issuers with another audience and
// a claim of their own (AdmitProgram). Neither kind is valid in the place of the other.
//
// RemoteKeys is the only part with a goroutine, which its owner starts and ends (Run).
//
// No error, no log line and no metric of this package contains a token or the value of a claim.
//
// Files, in layers; each uses only what is listed before it:
//
//	metrichelp.go         what the metrics mean
//	origin.go             the origins of pages that may connect
//	members.go            the members of a JSON object by their exact names
//	errors.go             refusals of tokens
//	grants.go             access to records by id
//	session.go            Session, Authenticator, AllowAll
//	policy.go             may a session enter a room, and as whom
//	token.go              the token of a request
//	key.go                public keys in PEM, secrets
//	jwk.go                public keys in a JSON Web Key Set
//	keyfetch.go           such a set from a URL
//	unknownkeys.go        ids that are not in the set
//	remotekeys.go remotekeysmetrics.go  the keys of such a set, kept up to date
//	config.go             which tokens are valid, and the names of their claims
//	claims.go             the claims of a token
//	jwt.go program.go sign.go  checking and signing of tokens; tokens for programs
package auth
