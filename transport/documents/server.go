package documents

import (
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/logsample"
	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/documents/renderings"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// Path is the path of the list of documents, which begins all other paths.
const Path = "/v1/documents"

// Server serves the documents API. Use New.
type Server struct {
	cfg      Config
	log      *slog.Logger
	metrics  *counters
	current  atomic.Pointer[current]
	attempts *limit.Attempts
	rates    *limit.Requests
	refusals logsample.Sampler
	texts    *renderings.Cache
	shown    presences
	requests atomic.Int64 // in progress
	reading  atomic.Int64 // documents that are being converted
}

// current are the settings in effect. They are immutable.
type current struct {
	Settings
	readers chan struct{} // holds a token for each document that is being converted
}

// route is a method of a path.
type route struct {
	// method is GET, POST, PUT, PATCH or DELETE. HEAD is served where GET is.
	method string
	// path may have segments {name}: httpapi.Find.
	path string
	// scope is what the caller must have, for the room in the path if there is one.
	scope access.Scope
	// query has the names of the parameters, separated by spaces.
	query string
	// produces is the media type of an answer without an error. In the table empty: JSON.
	produces string
	// others are media types that the client may choose instead.
	others []string
	// audited calls are in the audit trail.
	audited bool
	// everywhere is set of routes that any node answers for all.
	everywhere bool
	handle     func(*Server, *request) error
}

// media returns all media types of answers without an error.
func (c *route) media() []string { return append([]string{c.produces}, c.others...) }

// request is a request that is allowed.
type request struct {
	*http.Request
	w      http.ResponseWriter
	now    *current
	caller *access.Caller
	ofNode bool // another node has checked and passed it on
}

// New returns a server.
func New(cfg Config, log *slog.Logger) *Server {
	s := &Server{cfg: cfg, log: log, metrics: newCounters()}
	s.attempts = limit.NewAttempts(time.Now())
	set := cfg.Settings.withDefaults()
	s.rates = limit.NewRequests(set.RequestsPerSecond, set.Burst, time.Now())
	s.texts = renderings.New(set.CacheBytes, set.KeepTexts)
	s.Reconfigure(cfg.Settings)
	s.gauges()
	return s
}

// Settings returns the settings in effect, with their defaults.
func (s *Server) Settings() Settings { return s.current.Load().Settings }

// Reconfigure replaces the settings, from the next request on.
func (s *Server) Reconfigure(to Settings) {
	to = to.withDefaults()
	s.rates.SetRate(to.RequestsPerSecond, to.Burst)
	s.texts.SetLimits(to.CacheBytes, to.KeepTexts)
	s.current.Store(&current{to, make(chan struct{}, to.Readers)})
}

// gauges adds those that are read from s.
func (s *Server) gauges() {
	gauge := func(name string, f func() float64) { s.metrics.set.NewGauge(name, f) }
	gauge("realtime_api_cached_bytes", func() float64 { return float64(s.texts.Bytes()) })
	gauge("realtime_api_requests", func() float64 { return float64(s.requests.Load()) })
	gauge("realtime_api_presences", func() float64 { return float64(s.shown.size()) })
	gauge("realtime_api_readers", func() float64 { return float64(s.reading.Load()) })
}

// WriteMetrics writes the metrics in the Prometheus text format.
func (s *Server) WriteMetrics(w io.Writer) { s.metrics.set.WritePrometheus(w) }
