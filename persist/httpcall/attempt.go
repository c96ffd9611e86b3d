package httpcall

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"
)

// attempt makes one attempt when there is a slot for it.
func (s *Server) attempt(ctx context.Context, c Call) (Answer, error) {
	if err := c.heldBack(); err != nil { // no need to wait
		return Answer{}, err
	}
	if err := s.slots.Acquire(ctx, 1); err != nil {
		return Answer{}, err
	}
	defer s.slots.Release(1)
	if err := c.heldBack(); err != nil {
		return Answer{}, err
	}
	a, err := s.breaker.Execute(func() (Answer, error) { return s.exchange(ctx, c) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = c.fail(ErrUnavailable, 0, err)
	}
	return a, err
}

// heldBack returns an error while calls of this kind are held back.
func (c Call) heldBack() error {
	wait := c.Limit.Wait(time.Now())
	if wait <= 0 {
		return nil
	}
	e := c.fail(ErrRateLimited, 0, nil)
	e.After = wait
	return e
}

// exchange sends the request and reads the answer. Its error is an *Error, or the context's if that
// has ended.
func (s *Server) exchange(ctx context.Context, c Call) (a Answer, err error) {
	started := time.Now()
	defer func() { s.metrics.called(c.Op, time.Since(started), err) }()
	// A process that was stopped goes on before its timers fire: ctx may not have ended yet.
	if deadline, ok := ctx.Deadline(); ok && !started.Before(deadline) {
		return a, context.DeadlineExceeded
	}
	limited, cancel := context.WithTimeout(ctx, s.options().Timeout)
	defer cancel()
	a, err = s.send(limited, c)
	switch {
	case err != nil && ctx.Err() != nil:
		return a, ctx.Err()
	case err != nil:
		return a, c.fail(ErrUnavailable, 0, causeOf(err))
	case len(a.Body) > c.MaxAnswer:
		return a, c.fail(ErrTooLarge, a.Status, nil)
	}
	err = s.read(c, &a)
	return a, err
}

func (s *Server) send(ctx context.Context, c Call) (a Answer, err error) {
	req, err := c.request(ctx)
	if err != nil {
		return a, err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	a = Answer{Status: resp.StatusCode, Header: resp.Header}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, int64(c.MaxAnswer)+1))
	return a, err
}

// read returns the error that an answer stands for, and holds calls back if that says so.
func (s *Server) read(c Call, a *Answer) error {
	var after time.Duration
	switch a.Status {
	case http.StatusTooManyRequests:
		after = limitFor(a.Header, s.options())
		c.Limit.set(time.Now().Add(after))
	case http.StatusServiceUnavailable:
		after = retryAfter(a.Header)
	}
	err := c.Read(a)
	if e, ok := err.(*Error); ok {
		e.After = after
	}
	return err
}

var errConnection = errors.New("connection broken")

// causeOf returns the part of an error of net/http that may be logged. The whole of it has the URL,
// and may quote bytes that came in the place of an answer.
func causeOf(err error) error {
	var (
		network     *net.OpError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &network):
		return network
	case errors.As(err, &certificate):
		return certificate
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return errConnection
}
