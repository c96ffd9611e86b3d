// Package civicpress is a client of CivicPress' HTTP API: it checks sessions, loads records, saves
// drafts and keeps snapshots there. It knows neither rooms nor documents; tokens, Markdown and
// snapshots are opaque to it.
//
//	Authenticate     GET  /api/v1/auth/me
//	LoadRecord       GET  /api/v1/records/:id?edit=true
//	Authorize        both
//	LoadVerified     both
//	SaveDraft        both, then PUT /api/v1/records/:id/draft
//	LoadSnapshot     GET  /api/v1/records/:id/collab-snapshot
//	SaveSnapshot     POST /api/v1/records/:id/collab-snapshot
//
// All methods of a Client may be called from any goroutine. Its locks are leaves: no other lock is
// taken, and nothing is called, while one is held.
//
// # Secrets
//
// A token is sent in the Authorization header and nowhere else. The caches have its SHA-256 only.
// No error contains a token, a URL, or anything that the API wrote except its error codes. Records,
// users and configurations print without their text, their role and their secrets.
//
// # Failures of the API
//
// Package httpcall makes the calls. A refusal of a token, of a record, or of both together is
// cached for a while. A 429 holds back all calls of its kind until the time that it names. A user
// whom the API knew stays authenticated meanwhile, for at most Config.MaxStale.
//
// # Caveats
//
// The API allows 30 calls of /auth/* in 15 minutes from one address, and 1000 of all routes, and
// this server is one address. So every answer to a token counts as a check of its session, and
// /auth/me is called for a user every 90 s, and less often while the user saves; with a quarter of
// the calls left, only for users that are not cached. Refusals are cached for longer each time.
//
// The record routes treat a dead token like an anonymous request: they answer 200 with the
// published text. LoadRecord detects that and returns ErrUnauthorized. They hide drafts from users
// who may not edit, so a text that such a user loads proves nothing about drafts.
//
// Rights that roles.yml grants for single types of records are in no answer of the API. User
// reports of a user with no other rights that they may only view.
//
// Files, in layers; each uses only what is listed before it:
//
//	metrichelp.go         what the metrics mean
//	errors.go config.go   errors; options of a Client
//	metrics.go            operations, metrics
//	token.go              hashes and signatures of tokens
//	ratelimit.go          the API's limits, from the headers of its answers
//	answer.go             a request, and the form of its answer
//	user.go record.go     users and records, and their forms
//	revision.go           the state of a record
//	change.go             the difference between two states
//	caches.go recordcache.go  the contents of the caches
//	client.go             Client
//	sessioncache.go       answers about tokens are stored
//	call.go               a call
//	session.go            Authenticate
//	load.go               LoadRecord
//	verify.go             LoadVerified: does a record show drafts, is it gone
//	sharedload.go         one load for concurrent callers; refusals of records
//	authorize.go          Authorize
//	draft.go snapshot.go  SaveDraft; LoadSnapshot, SaveSnapshot
package civicpress
