// Package hooks calls the HTTP endpoints of somebody's own program: one that decides about tokens,
// one that has the content of documents, and one that it is stored with. It is for those who have
// no CivicPress. docs/hooks.md is the contract with receivers.
//
//	Authorize  POST Config.Authorize  may the bearer of a token open a room?
//	Load       POST Config.Load       the content of a room's document
//	Store      POST Config.Store      the same, after it was edited
//
// The package knows neither rooms nor documents: names, tokens and contents are opaque to it. Every
// request has a JSON body, and is signed as Standard Webhooks does (package standardwebhooks). What
// matters is in the body, as nothing else is signed.
//
// All methods of a Client may be called from any goroutine. Its locks are leaves: no other lock is
// taken, and nothing is called, while one is held.
//
// # Secrets
//
// A token is in the body of a call of Config.Authorize and nowhere else. The cache has its SHA-256
// only. No error contains a token, a URL, a body or anything that a receiver wrote, except
// Error.Reason, which is meant for the client. Redirects are not followed. Proxies of the
// environment are not used. Receivers may have private addresses: the operator names them.
//
// # Failures of receivers
//
// Package httpcall makes the calls, with a circuit breaker and limits for each endpoint by itself.
// A refusal of a token is cached for a while, and for longer each time. A user whom the receiver
// knew stays authorized while it cannot be asked, for at most Config.MaxStale, and never longer
// than the receiver said.
//
// An answer that refuses something (401, 403, 404, 409, 410, 412) counts only if it is a JSON
// object, as other programs on the way answer with such codes, too.
//
// Files, in layers; each uses only what is listed before it:
//
//	metrichelp.go       what the metrics mean
//	errors.go config.go errors; endpoints and options of a Client
//	metrics.go          metrics
//	revision.go         the state of a content
//	answer.go           an answer, and the error that it stands for
//	grant.go            the answer about a token
//	caches.go           the contents of the cache of such answers
//	client.go           Client
//	call.go             a call
//	sessioncache.go     answers about tokens are stored
//	authorize.go        Authorize
//	load.go store.go    Load; Store
package hooks
