package documents

import (
	"cmp"
	"context"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/documents/access"
)

const (
	// roomTime is how long a request waits for a busy room, or for the store.
	roomTime = 10 * time.Second
	// bodyTime is how long a client may take to send a body.
	bodyTime = 60 * time.Second
)

// Settings are the part of Config that may change while the server serves. A field that is zero has
// the default that its comment ends with.
type Settings struct {
	// Keys are the API keys. None.
	Keys *access.Keys
	// Program returns what the token of a program stands for; a *engine.CloseError refuses it. Nil:
	// there are no such tokens.
	Program func(ctx context.Context, token string) (auth.Program, error)
	// Open lets programs on this machine do everything without a key, for development.
	Open bool
	// AllowedOrigins are the origins of pages that may send requests. All.
	AllowedOrigins []auth.Origin
	// RequestsPerSecond and Burst bound the requests of each caller, and of each address. 50, 100.
	RequestsPerSecond, Burst int
	// Requests is how many requests may be in progress. 64.
	Requests int
	// Readers is how many documents may be converted at a time. 4.
	Readers int
	// CacheBytes bounds the memory for texts of documents, which later edits are based on. 64 MiB.
	CacheBytes int
	// KeepTexts is how long such a text is kept since it was used. 1 h.
	KeepTexts time.Duration
	// DocumentBytes is the length of the longest body. 16 MiB.
	DocumentBytes int
	// MaxSteps bounds the work of reading a document: view.MaxSteps. Its default.
	MaxSteps uint64
	// Schema names the nodes of Markdown. CivicPress' names.
	Schema markdown.Schema
	// Sign returns a token for a session, valid for a time; its error may be auth.ErrTTL. Nil:
	// there is no key for that.
	Sign func(auth.Session, time.Duration) (string, error)
	// MaxToken is the longest time for which a token may be valid. 24 h.
	MaxToken time.Duration
	// SocketURL begins the URLs of WebSockets. Empty: they have the host of the request, and
	// SocketPath, "/realtime".
	SocketURL, SocketPath string
	// Presences is how many programs may be shown to people. 1000.
	Presences int
	// CursorBytes is the length of the longest cursor of one, as engine.Config.AwarenessBytes. 32
	// KiB.
	CursorBytes int
	// AgentVersions is the time in which one version is kept before edits for somebody. 10 min.
	AgentVersions time.Duration
	// Credential is the one that records are fetched and saved with. None.
	Credential string
}

func (s Settings) withDefaults() Settings {
	s.RequestsPerSecond = cmp.Or(s.RequestsPerSecond, 50)
	s.Burst = cmp.Or(s.Burst, 100)
	s.Requests = cmp.Or(s.Requests, 64)
	s.Readers = cmp.Or(s.Readers, 4)
	s.MaxToken = cmp.Or(s.MaxToken, 24*time.Hour)
	s.SocketPath = cmp.Or(s.SocketPath, "/realtime")
	s.Presences = cmp.Or(s.Presences, 1000)
	s.CursorBytes = cmp.Or(s.CursorBytes, 32<<10)
	s.AgentVersions = cmp.Or(s.AgentVersions, 10*time.Minute)
	s.CacheBytes = cmp.Or(s.CacheBytes, 64<<20)
	s.KeepTexts = cmp.Or(s.KeepTexts, time.Hour)
	s.DocumentBytes = cmp.Or(s.DocumentBytes, engine.DefaultDocumentBytes)
	return s
}

// Config configures a Server.
type Config struct {
	Settings

	Engine Engine // must be set
	// Records says that records begin with a text from elsewhere. False: a record exists from its
	// first content on, like other documents.
	Records bool
	// Nodes are the servers that share rooms. nil: this one is alone.
	Nodes Nodes
	// OnDisk reports whether a version is on the disk of this node, and not in the store that all
	// nodes have. Must be set with Nodes.
	OnDisk func(version uint64) bool
	// Audit is told about each call that is more than reading and editing, when it is answered. It
	// returns at once. nil: nobody is told.
	Audit func(Call)
}

// Call is a request, for the audit trail. It has neither a token, nor the query, nor the body.
type Call struct {
	By     string // the name of the caller
	Remote string // address and port of the client
	Method string
	Route  string // with names in the place of the segments that vary
	Room   string // of the path, if there is one
	Status int
}
