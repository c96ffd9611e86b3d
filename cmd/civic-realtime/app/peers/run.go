package peers

import (
	"context"
	"log/slog"
	"time"
)

const (
	// decisionsEvery is the time between two looks for locks and bans of other nodes.
	decisionsEvery = 10 * time.Second
	// silentAfter is how many announcements a node may leave out until its connections do not count
	// any more: they come to other nodes.
	silentAfter = 3
)

// Run answers calls of other nodes, and looks regularly at what they have announced and decided,
// until ctx is done. It may be called once, after Attach.
func (p *Peers) Run(ctx context.Context) {
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := p.server.Serve(ctx); err != nil {
			p.log.Error("calls of other nodes are not answered", slog.Any("reason", err))
		}
	}()
	p.look(ctx)
	<-served
	p.caller.Close()
}

func (p *Peers) look(ctx context.Context) {
	counts, decisions := time.NewTicker(p.cfg.Renew), time.NewTicker(decisionsEvery)
	defer counts.Stop()
	defer decisions.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-counts.C:
			p.count()
		case <-decisions.C:
			if _, err := p.ReloadDecisions(ctx); err != nil && ctx.Err() == nil {
				p.log.Debug("locks and bans of other nodes cannot be read", slog.Any("reason", err))
			}
		}
	}
}

// count adds up the connections to other nodes.
func (p *Peers) count() {
	announced := map[string][]byte{}
	for _, n := range p.parts.Load().Node.Nodes() {
		if n.Self || n.Silent > silentAfter*p.cfg.Renew {
			continue
		}
		if t := decode(n.More).Tally; t != nil {
			announced[n.Name] = t
		}
	}
	if err := p.tally.Set(announced); err != nil {
		p.log.Debug("numbers of connections cannot be read", slog.Any("reason", err))
	}
}
