package civicpress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// call returns the data of the API's answer.
func (c *Client) call(ctx context.Context, r request) (json.RawMessage, error) {
	if r.token == "" {
		r.token = c.cfg().Token
	}
	if !sendable(r.token) {
		return nil, r.op.fail(ErrUnauthorized)
	}
	limit := c.rateLimit(r.op)
	a, err := c.server.Call(ctx, httpcall.Call{
		Name: r.op.name(), Op: r.op.String(),
		Method: r.method, URL: c.base + r.path, Body: r.body,
		MaxAnswer: c.cfg().MaxBody, Idempotent: r.idempotent, Limit: &limit.HoldBack,
		Sign: func(h http.Header) {
			h.Set("Authorization", "Bearer "+r.token)
			h.Set("Accept", "application/json")
		},
		Read: func(a *httpcall.Answer) error {
			limit.update(a.Header, time.Now(), c.cfg().RateLimitMax)
			return r.parse(a)
		},
	})
	if errors.Is(err, ErrUnauthorized) {
		c.refuseToken(keyOf(r.token))
	}
	if err != nil {
		return nil, err
	}
	return a.Body, nil
}

func (c *Client) rateLimit(o op) *rateLimit {
	if o == checkSession {
		return &c.authLimit
	}
	return &c.otherLimit
}
