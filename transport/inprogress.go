package transport

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// inProgress counts requests of programs that are being answered. The zero value is ready.
type inProgress struct {
	mu   sync.Mutex // a leaf; guards everything below
	n    int
	idle chan struct{} // closed when n is 0; nil unless somebody waits
}

// begin counts a request until end is called.
func (p *inProgress) begin() (end func()) {
	p.add(1)
	return func() { p.add(-1) }
}

func (p *inProgress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n += n; p.n == 0 && p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
}

// wait waits until no request is in progress, or ctx is done.
func (p *inProgress) wait(ctx context.Context) {
	p.mu.Lock()
	if p.n > 0 && p.idle == nil {
		p.idle = make(chan struct{})
	}
	idle := p.idle
	p.mu.Unlock()
	if idle == nil {
		return
	}
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// programsTime is how long requests of programs may take to be answered when the server ends. Their
// edits are durable by then.
const programsTime = time.Second

// end closes h when no request is in progress any more, or after a moment.
func (p *inProgress) end(ctx context.Context, h *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, programsTime)
	defer cancel()
	p.wait(ctx)
	_ = h.Close() // which ends the others
}
