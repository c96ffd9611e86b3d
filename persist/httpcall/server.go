package httpcall

import (
	"net"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"
)

// Server is called: with a limit on the calls that run at once, and a circuit breaker.
type Server struct {
	http    *http.Client
	options func() *Options
	metrics *Metrics
	slots   *semaphore.Weighted
	breaker *gobreaker.CircuitBreaker[Answer]
}

// NewServer returns a Server. options returns the options as of now, which must not be changed;
// opened counts how often the breaker opens.
func NewServer(
	h *http.Client, options func() *Options, m *Metrics, opened *metrics.Counter,
) *Server {
	o := options()
	return &Server{
		http: h, options: options, metrics: m,
		slots:   semaphore.NewWeighted(int64(o.Concurrency)),
		breaker: gobreaker.NewCircuitBreaker[Answer](breakerSettings(o, opened)),
	}
}

func breakerSettings(o *Options, opened *metrics.Counter) gobreaker.Settings {
	return gobreaker.Settings{
		Timeout: o.BreakerPause,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.ConsecutiveFailures >= uint32(o.BreakerFailures)
		},
		IsSuccessful: func(err error) bool {
			e, ok := err.(*Error)
			return err == nil || ok && !e.noAnswer()
		},
		IsExcluded: func(err error) bool { // the caller's context has ended
			_, ok := err.(*Error)
			return err != nil && !ok
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				opened.Inc()
			}
		},
	}
}

// maxHeader bounds the header of an answer, in bytes.
const maxHeader = 64 << 10

// NewHTTP returns the client for calls of a number of servers. It keeps a connection for each call
// that may run.
func NewHTTP(o Options, servers int) *http.Client {
	c := &http.Client{Transport: o.Transport, CheckRedirect: noRedirect}
	if o.Transport == nil {
		c.Transport = &http.Transport{
			DialContext:         (&net.Dialer{Timeout: o.Timeout}).DialContext,
			TLSHandshakeTimeout: o.Timeout,
			MaxIdleConnsPerHost: servers * o.Concurrency,
			IdleConnTimeout:     90 * time.Second,
			ForceAttemptHTTP2:   true,

			MaxResponseHeaderBytes: maxHeader,
		}
	}
	return c
}

// noRedirect makes net/http return redirects as answers.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
