package standin

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall/faults"
)

// DefaultSecret is the default of Options.Secret.
const DefaultSecret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// Options configure an API. A field that is zero has the default that its comment names.
type Options struct {
	// Secret is CIVICPRESS_SECRET. DefaultSecret.
	Secret string
	// Snapshots adds the planned routes for snapshots. Off, as the API is shipped.
	Snapshots bool
	// AuthLimit is the number of calls of /auth/* in 15 minutes, Limit that of all calls; negative:
	// unlimited. 30, 1000.
	AuthLimit, Limit int
	// Now is the clock. time.Now.
	Now func() time.Time
}

// API is the fake, an http.Handler. All methods may be called from any goroutine.
type API struct {
	opt Options
	key []byte // signs tokens
	mux *http.ServeMux

	faults faults.List[Fault]

	mu        sync.Mutex // guards everything below
	roles     map[string][]string
	users     map[string]*user   // by username
	sessions  map[string]session // by token
	published map[string]*entry  // by record id
	drafts    map[string]*entry
	snapshots map[string]snapshot
	calls     []Call
	all, auth window
}

// session is a session of a user.
type session struct {
	username string
	expires  time.Time
}

// entry is a published record or a draft. Its members have the API's names; answers add further
// ones.
type entry struct {
	fields  object
	text    string
	created string
	updated string
	saved   string // drafts only
	author  string
}

// snapshot is the snapshot of a record.
type snapshot struct {
	blob      string // base64
	version   json.Number
	timestamp string
}

// window counts calls like express-rate-limit: for 15 minutes from the first.
type window struct {
	limit int
	count int
	ends  time.Time
}

// Names of routes, in Fault and Call.
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

// now returns the time as JavaScript writes it.
func (a *API) now() string { return a.opt.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// second returns the time as the database has it.
func (a *API) second() string { return a.opt.Now().UTC().Format("2006-01-02T15:04:05Z") }
