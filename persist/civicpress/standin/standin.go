// Package standin is a fake of CivicPress' HTTP API for tests. It has the routes that this service
// calls, with the API's own forms, quirks and limits, and methods to make it fail, to revoke
// sessions and to publish records. It keeps everything in memory.
//
//	POST     /api/v1/auth/simulated {username, role}
//	GET      /api/v1/auth/me
//	POST     /api/v1/auth/logout
//	GET      /api/v1/records/:id, with or without ?edit=true
//	PUT      /api/v1/records/:id/draft
//	POST     /api/v1/records/:id/publish
//	DELETE   /api/v1/records/:id/draft
//	GET POST /api/v1/records/:id/collab-snapshot, with Options.Snapshots
//
// The quirks, all of which the API has:
//
//   - GET /records/:id does not fail for a dead token, but answers like an anonymous request: with
//     the published text, and without "markdownBody".
//   - The first draft of a record needs the permission to create records. Without it the answer is
//     500, as the API checks it late.
//   - A 401 of the record routes has a string for an error, and no "success".
//   - Times of drafts are to the second.
//   - A published record is found by the name of its file, under which tests Put it, and answers
//     with the id that is written in the file: the field "id", by which it is not found. Its draft
//     is found by the id that it was saved under, and answers with that.
//   - The form of the UI saves the title as a heading above the text, which may begin with it
//     already (SaveForm). It does not let users edit some texts collaboratively
//     (AllowsCollaboration).
//   - There is a limit on calls of /auth/*, and one on all calls, each within 15 minutes from the
//     first call.
//
// Files, in layers; each uses only what is listed before it:
//
//	message.go            a call, its answer, and its failures
//	state.go              API: its records, users, sessions and options
//	limits.go             limits on calls
//	calls.go              the log of calls
//	faults.go             failures of calls
//	users.go              users and their sessions
//	serve.go              a route
//	entries.go            records
//	records.go            the routes of records
//	snapshots.go          snapshots
//	form.go               the UI's form
//	collaboration.go      the texts that the UI lets users edit collaboratively
//	standin.go            all routes
package standin

import (
	"cmp"
	"net"
	"net/http"
	"time"
)

// New returns an API without records and users.
func New(opt Options) *API {
	opt.Secret = cmp.Or(opt.Secret, DefaultSecret)
	opt.AuthLimit = cmp.Or(opt.AuthLimit, 30)
	opt.Limit = cmp.Or(opt.Limit, 1000)
	if opt.Now == nil {
		opt.Now = time.Now
	}
	a := &API{
		opt: opt, key: signingKey(opt.Secret), mux: http.NewServeMux(),
		roles: shippedRoles(), users: map[string]*user{}, sessions: map[string]session{},
		published: map[string]*entry{}, drafts: map[string]*entry{},
		snapshots: map[string]snapshot{},
		all:       window{limit: opt.Limit}, auth: window{limit: opt.AuthLimit},
	}
	a.routes()
	return a
}

// Listen serves on a free port of the loopback interface until stop is called.
func (a *API) Listen() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: a}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = server.Close() }, nil
}

func (a *API) routes() {
	const auth, record = "/api/v1/auth", "/api/v1/records/{id}"
	a.on("POST "+auth+"/simulated", Simulated, a.simulated)
	a.on("GET "+auth+"/me", Me, a.me)
	a.on("POST "+auth+"/logout", Logout, a.logout)
	a.on("GET "+record, GetRecord, a.getRecord)
	a.on("PUT "+record+"/draft", PutDraft, a.editors(a.putDraft))
	a.on("DELETE "+record+"/draft", Discard, a.editors(a.discard))
	a.on("POST "+record+"/publish", Publish, a.editors(a.publish))
	if a.opt.Snapshots {
		a.on("GET "+record+"/collab-snapshot", GetSnapshot, a.editors(a.getSnapshot))
		a.on("POST "+record+"/collab-snapshot", PostSnapshot, a.editors(a.postSnapshot))
	}
	a.on("/", Unknown, a.noRoute)
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }
