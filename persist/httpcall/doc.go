// Package httpcall makes calls over HTTP of a server that may be slow, down or limited: what the
// clients of CivicPress and of hooks have in common. Routes, tokens, signatures and the forms of
// answers are theirs.
//
// Every call has a time limit, a few attempts with growing random pauses, a limit on how many run
// at once, and a circuit breaker before it. Redirects are not followed, and proxies of the
// environment are not used: tokens and documents are sent to the URL of the call only. A 429 holds
// back further calls until the time that it names. A call that may have been carried out is
// repeated only if that does no harm.
//
// No error contains a URL, a header or a body, except Error.Code and Error.Reason, which are set by
// the caller's Read. Everything may be used from any goroutine. Locks are leaves.
//
// Files, in layers; each uses only what is listed before it:
//
//	errors.go            errors, and the statuses that they stand for
//	options.go           limits and times, and their defaults
//	metrics.go           operations, their outcomes, metrics
//	retryafter.go        HoldBack
//	refusal.go           how long a refusal is cached
//	call.go              a call, and its answer
//	server.go            Server
//	attempt.go retry.go  an attempt at a call; a call
package httpcall
