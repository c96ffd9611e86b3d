// Package civicpress asks CivicPress' HTTP API who somebody is, what a record says,
// and whether it keeps snapshots, and saves drafts there. It knows neither rooms nor
// documents: tokens, Markdown and snapshots are opaque to it.
//
//	Authenticate   GET  /api/v1/auth/me
//	LoadRecord     GET  /api/v1/records/:id?edit=true
//	Enter, Look    both
//	SaveDraft      the same, then PUT /api/v1/records/:id/draft
//	LoadSnapshot   GET  /api/v1/records/:id/collab-snapshot
//	SaveSnapshot   POST /api/v1/records/:id/collab-snapshot
//
// All of a Client's methods may be called from any goroutine.
//
// # What must not leak
//
// Tokens are sent in the Authorization header and nowhere else. They are remembered
// by their SHA-256 only, and no error contains a token, a URL, or anything the API
// wrote except its error codes. Records, users and configurations print without
// their text, their role and their secrets. Redirects are not followed.
//
// # When the API does not answer
//
// Every call has a time limit, a limit on how many there are at once, a few attempts
// with growing, random pauses, and a circuit breaker before it. An answer that a token, a
// record, or both together have had is repeated from memory for a while if it was a failure. What may have been
// acted on is repeated only if that does no harm. An answer "429" holds back all
// calls of its kind until the time it names. People whom the API vouched for earlier
// are still known meanwhile, for at most Config.MaxStale.
//
// # Caveats
//
// The API limits /auth/* to 30 calls in 15 minutes for each address, and all routes to 1000,
// and this server is one address. So every answer to a token counts as one about its session,
// /auth/me is asked about a person every 90 s, and less often while the person saves; with a
// quarter of the calls left only about people who are not known. Refusals are remembered for
// longer each time.
//
// The record routes treat a bearer of a dead token as a passer-by: they answer 200
// with the published text. LoadRecord notices and says ErrUnauthorized. They hide
// drafts from those who may not edit, so a text loaded by such a person proves
// nothing about drafts.
//
// Rights that roles.yml grants for single types of records are in no answer of the
// API's. Who has no other may view only, as far as User tells.
package civicpress
