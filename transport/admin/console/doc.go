// Package console has what the admin listener needs to serve the operators' console: the files of
// its page, which are embedded, and the sessions of operators who have signed in. Package admin
// decides which requests reach it.
//
// The page is a single one without a build step, in the folder site: its files are served as they
// are. They hold no secret, and nothing that depends on a request, so they may be compressed.
// Answers of the API, which have both secrets and what a request says, never are.
//
// A session is known by a random identifier in a cookie, of which the server keeps a hash only.
// Sessions are in memory: they end with the process. An idle one has no goroutine and no timer.
//
// Files, in layers; each uses only what is listed before it:
//
//	headers.go          headers of all answers to a browser
//	files.go serve.go   the embedded files; answers with one
//	id.go session.go    identifiers; a session, and its end
//	sessions.go         all sessions
//	cookie.go           the cookie of a session
//	origin.go           the page that has sent a request
package console
