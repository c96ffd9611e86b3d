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
// with growing, random pauses, and a circuit breaker before it. What may have been
// acted on is repeated only if that does no harm. An answer "429" holds back all
// calls of its kind until the time it names. People whom the API vouched for earlier
// are still known meanwhile, for at most Config.MaxStale.
//
// # Caveats
//
// The API limits /auth/* to 30 calls in 15 minutes for each address, and this server
// is one address; asking about one person every 45 s makes 20. Of an API as it is
// shipped a second person's revocation is therefore seen late. Set its
// RATE_LIMIT_AUTH_MAX to 20 for each person that is to be connected at once, and
// RATE_LIMIT_MAX accordingly.
//
// The record routes treat a bearer of a dead token as a passer-by: they answer 200
// with the published text. LoadRecord notices and says ErrUnauthorized. They hide
// drafts from those who may not edit, so a text loaded by such a person proves
// nothing about drafts.
//
// Rights that roles.yml grants for single types of records are in no answer of the
// API's. Who has no other may view only, as far as User tells.
package civicpress
