package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// caller makes the requests of an endpoint.
type caller struct {
	Endpoint
	http *http.Client
}

// idleConnections is how many connections to an endpoint are kept open, and for how long.
const (
	idleConnections = 2
	idleTime        = 30 * time.Second
)

// newCaller returns the caller of an endpoint.
func newCaller(e Endpoint, c *Config) *caller {
	connect := c.Dial
	if connect == nil {
		connect = dialer(e.AllowPrivate)
	}
	return &caller{e, &http.Client{
		Transport: &http.Transport{
			DialContext: connect, TLSHandshakeTimeout: connectTimeout, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: idleTime,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// result is the outcome of an attempt.
type result struct {
	delivered bool
	gone      bool          // the receiver wants no more
	why       string        // it was not delivered; for people
	after     time.Duration // the receiver asks for no attempt before that
	took      time.Duration
}

// call makes one attempt to deliver a message. Only the header of the answer counts; its body is
// not read.
func (c *caller) call(ctx context.Context, p *pending, timeout time.Duration) (r result) {
	began := time.Now()
	defer func() { r.took = time.Since(began) }()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(p.Body))
	if err != nil {
		return result{why: "the address is not valid"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "civic-realtime-webhooks")
	standardwebhooks.SignHeader(request.Header, p.id, began.Unix(), p.Body, c.Secrets...)
	answer, err := c.http.Do(request)
	if err != nil {
		return result{why: reasonOf(ctx, err, timeout)}
	}
	_ = answer.Body.Close()
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return result{delivered: true}
	case code == http.StatusGone:
		return result{gone: true, why: "answered with 410: it wants no more events"}
	case code >= 300 && code < 400:
		return result{why: fmt.Sprintf("answered with %d: redirects are not followed", code)}
	default:
		return result{why: fmt.Sprintf("answered with %d", code), after: retryAfter(answer, began)}
	}
}

// retryAfter returns for how long an answer asks to wait, at most as long as the longest pause.
func retryAfter(r *http.Response, now time.Time) time.Duration {
	text := r.Header.Get("Retry-After")
	after := time.Duration(0)
	if n, err := strconv.Atoi(text); err == nil {
		after = time.Duration(min(n, 1e6)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		after = at.Sub(now)
	}
	return min(max(0, after), schedule[len(schedule)-1])
}

// reasonOf returns why there was no answer, without the address, which may have a token, and
// without what came in the place of an answer.
func reasonOf(ctx context.Context, err error, timeout time.Duration) string {
	var (
		dns         *net.DNSError
		operation   *net.OpError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, errPrivate):
		return errPrivate.Error()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", timeout)
	case errors.As(err, &dns):
		return "the name cannot be resolved"
	case errors.As(err, &certificate):
		return certificate.Error()
	case errors.As(err, &operation):
		return operation.Op + ": " + operation.Err.Error()
	case errors.Is(err, io.EOF):
		return "the connection was closed without an answer"
	}
	return "no answer in HTTP, or not with TLS where the address says so, or with too long a header"
}
