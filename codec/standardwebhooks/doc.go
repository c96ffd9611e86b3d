// Package standardwebhooks signs HTTP requests as Standard Webhooks does (version 1,
// https://github.com/standard-webhooks/standard-webhooks), and verifies such signatures. Libraries
// for receivers exist in most languages ("standardwebhooks" on npm and PyPI).
//
// A request has three headers. HeaderID is the identifier of the message, which stays the same when
// it is sent again; HeaderTimestamp is the second of the attempt, since 1970; HeaderSignature has
// one signature or several, each "v1," and the base64 of HMAC-SHA256(secret, "id.timestamp.body"),
// with spaces between. A request that is signed with two secrets is accepted by receivers that have
// either of them, so a secret can be replaced without a gap. Other headers, the method and the URL
// are not signed: content that matters belongs in the body.
//
// Files, in layers; each uses only what is listed before it:
//
//	secret.go  secrets ("whsec_…")
//	sign.go    identifiers, signatures and their headers
//	verify.go  checking of a request's signature
package standardwebhooks
