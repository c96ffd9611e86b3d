package hooks

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// call makes a call with a JSON body and returns the receiver's answer. All calls may be repeated:
// to store the same document again does no harm.
func (c *Client) call(ctx context.Context, r request) (httpcall.Answer, error) {
	e := &c.endpoints[r.hook]
	if e.url == "" {
		return httpcall.Answer{}, fmt.Errorf("%w: %s is not set", ErrConfig, r.hook.name())
	}
	id := standardwebhooks.NewID() // the same for all attempts
	return e.server.Call(ctx, httpcall.Call{
		Name: r.hook.name(), Op: r.hook.String(),
		Method: http.MethodPost, URL: e.url, Body: r.body,
		MaxAnswer: r.maxBody, Idempotent: true, Limit: &e.limit,
		Sign: func(h http.Header) {
			if r.etag != "" {
				h.Set("If-Match", r.etag)
			}
			// Each attempt anew, as signatures are valid for a few minutes only.
			standardwebhooks.SignHeader(h, id, time.Now().Unix(), r.body, c.cfg().Secrets...)
		},
		Read: r.check,
	})
}
