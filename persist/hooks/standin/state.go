package standin

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/httpcall/faults"
)

// DefaultSecret is the secret of receivers that are given none.
const DefaultSecret = "whsec_c3RhbmQtaW4gc2VjcmV0IG9mIDMyIGJ5dGVzIQ=="

// Options configure a Receiver.
type Options struct {
	Secret  string           // DefaultSecret
	Now     func() time.Time // time.Now
	NoETags bool             // answers have no ETag, and stored documents replace any
}

// User is the answer about a token. Fields that are empty are not in the answer.
type User struct {
	ID, Name, Access string
	Rooms            []string // nil: all
	Roles            []string
	Expires          time.Time
	Cache            *float64 // cache_seconds
}

// Document is a stored document.
type Document struct {
	Type    string // media type of the body
	Body    string
	Version int      // counts changes here; the ETag
	Users   []string // of the last call of store
	Calls   int      // of store that were carried out
}

// ETag returns the ETag of a document.
func (d Document) ETag() string { return `"` + strconv.Itoa(d.Version) + `"` }

// Call is a call that was answered.
type Call struct {
	Route, Room string
	Status      int
	ID          string // of the message
	Body        string
}

// Fault makes calls of a route fail.
type Fault struct {
	Route      string        // Authorize, Load or Store; empty: all
	Times      int           // 0: until ClearFaults
	Delay      time.Duration // before the answer
	Status     int           // in place of the answer
	Body       string        // in place of the answer's
	Type       string        // media type of Body; application/json
	Location   string        // of a redirect
	RetryAfter string
	CarriedOut bool // the call takes effect all the same
	Cut        bool // the connection ends without an answer
	Size       int  // so many bytes of body, which are no content
}

// The routes.
const (
	Authorize = "authorize"
	Load      = "load"
	Store     = "store"
)

// Receiver is a program behind the three hooks. All methods may be called from any goroutine.
type Receiver struct {
	opt    Options
	secret standardwebhooks.Secret

	faults faults.List[Fault]

	mu    sync.Mutex // guards everything below
	users map[string]User
	docs  map[string]Document
	gone  map[string]bool
	calls []Call
}

// Allow makes a token one of a user.
func (s *Receiver) Allow(token string, u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[token] = u
}

// Revoke makes a token unknown.
func (s *Receiver) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, token)
}

// Put changes a document, or creates it.
func (s *Receiver) Put(room, mediaType, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.docs[room]
	d.Type, d.Body = mediaType, body
	d.Version++
	s.docs[room] = d
	delete(s.gone, room)
}

// Delete deletes a document; for good: calls about it are answered 410.
func (s *Receiver) Delete(room string, forGood bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.docs, room)
	s.gone[room] = forGood
}

// Document returns a document; ok is false if there is none.
func (s *Receiver) Document(room string) (d Document, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok = s.docs[room]
	return d, ok
}

type object = map[string]any

// reply is an answer.
type reply struct {
	status int
	kind   string // media type
	etag   string
	body   string
}

func jsonReply(status int, v any) reply {
	b, _ := json.Marshal(v) // objects of this package can be written
	return reply{status: status, kind: "application/json", body: string(b)}
}

func refuse(status int, reason string) reply { return jsonReply(status, object{"reason": reason}) }
