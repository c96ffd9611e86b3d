// Package standin answers like CivicPress' HTTP API, as far as this service calls it,
// for tests: with the API's own forms, oddities and limits, and with commands to make
// it fail, to revoke and to publish. It keeps everything in memory.
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
// What the API really does where one might not expect it, and so does this:
//
//   - A dead token is no error to GET /records/:id: its bearer is a passer-by, who gets
//     the published text, and no "markdownBody".
//   - The first draft of a record needs the permission to create records; that it lacks
//     is noticed so late that the answer is 500.
//   - 401 of the record routes has a string for an error, and no "success".
//   - Drafts have dates to the second.
//   - A published record is found by the name of its file, under which tests Put it, and answers
//     with the id that is written in it: the field "id", which then cannot be asked for. Its
//     draft is found by the id that it was saved under, and answers with that.
//   - The form of the UI saves the title as a heading above the text, though that may begin
//     with it already (SaveForm), and its guard lets some texts not be edited together
//     (EditedTogether).
//   - One limit for /auth/*, another for everything, each for 15 minutes from the first call.
package standin

import (
	"cmp"
	"net"
	"net/http"
	"sync"
	"time"
)

// DefaultSecret signs tokens unless Options say otherwise.
const DefaultSecret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// Options are what an API is like. Fields that are zero have the default their comment names.
type Options struct {
	// Secret is CIVICPRESS_SECRET. DefaultSecret.
	Secret string
	// Snapshots adds the planned routes for them. Off, as shipped.
	Snapshots bool
	// AuthLimit is how many calls of /auth/* are taken in 15 minutes, Limit how many of all;
	// negative: any number. 30, 1000.
	AuthLimit, Limit int
	// Now is the clock. time.Now.
	Now func() time.Time
}

// API is the stand-in, an http.Handler. Its methods are commands and questions of
// tests, and may be called at any time.
type API struct {
	opt Options
	key []byte // signs tokens
	mux *http.ServeMux

	mu        sync.Mutex // guards everything below
	roles     map[string][]string
	users     map[string]*user   // by username
	sessions  map[string]session // by token
	published map[string]*entry  // by record id
	drafts    map[string]*entry
	snapshots map[string]snapshot
	faults    []*Fault
	calls     []Call
	all, auth window
}

// New returns an API that knows no records and nobody.
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
		published: map[string]*entry{}, drafts: map[string]*entry{}, snapshots: map[string]snapshot{},
		all: window{limit: opt.Limit}, auth: window{limit: opt.AuthLimit},
	}
	a.routes()
	return a
}

// Listen serves on a port of this machine that is free, until stop is called.
func (a *API) Listen() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: a}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = server.Close() }, nil
}

// The names of routes, as faults and the log of calls have them.
const (
	Simulated    = "simulated"
	Me           = "me"
	Logout       = "logout"
	GetRecord    = "record"
	PutDraft     = "draft"
	Discard      = "discard"
	Publish      = "publish"
	GetSnapshot  = "load snapshot"
	PostSnapshot = "save snapshot"
	Unknown      = "unknown"
)

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
