package transport

import (
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// endRelay is called when a relay has ended.
func (s *Server) endRelay(r *relay, pipe *netpoll.Relay) {
	s.relays.remove(r, pipe)
	s.connLimits.Release(r.slot)
}

// EndRelays ends all connections that were handed on to the node with an address, as that is not
// there any more. Their clients come back, and are served where their rooms are by then. Documents
// that it serves are opened again there.
func (s *Server) EndRelays(peer string) {
	for _, r := range s.relays.list() {
		if r.peer == peer {
			s.relays.abort(r)
		}
	}
	for slot := range sweepSlots {
		s.conns.each(slot, func(c *conn) {
			c.eachSession(func(each *session) {
				if remote := each.remote(); remote != nil && remote.peer == peer {
					remote.abort()
				}
			})
		})
	}
}

// sweepRelays ends relays of which an end takes nothing any more, or whose node sends nothing: it
// sends pings to its clients.
func (s *Server) sweepRelays(now time.Duration) {
	cfg := s.cfg()
	for _, r := range s.relays.list() {
		pipe := s.relays.pipe(r)
		if pipe == nil || r.aborted {
			continue
		}
		toNode, toClient := pipe.Progress()
		nodeSince, clientSince := r.toNode.since(toNode, now), r.toClient.since(toClient, now)
		switch {
		case toNode.Waits && nodeSince >= cfg.StallTimeout,
			toClient.Waits && clientSince >= cfg.StallTimeout:
			r.abort(pipe, s.counters.relaysStalled)
		case clientSince >= cfg.IdleTimeout,
			toClient.Over && !toClient.Waits && clientSince >= cfg.CloseTimeout:
			r.abort(pipe, s.counters.relaysSilent)
		}
	}
}

// sweepRemote ends the relaying of a document whose node takes nothing any more, or sends nothing:
// it sends pings.
func (s *Server) sweepRemote(remote *remoteDocument, now time.Duration) {
	cfg, why := s.cfg(), s.counters.relaysSilent
	waits := remote.waits.Load()
	switch {
	case waits != idle && now-time.Duration(waits) >= cfg.StallTimeout:
		why = s.counters.relaysStalled
	case now-time.Duration(remote.received.Load()) < cfg.IdleTimeout:
		return
	}
	if remote.abort() {
		why.Inc()
	}
}

// abort ends a relay, and counts that.
func (r *relay) abort(pipe *netpoll.Relay, counter *metrics.Counter) {
	r.aborted = true
	counter.Inc()
	pipe.Abort()
}

// since returns the time since a direction was last found changed.
func (p *progress) since(d netpoll.Progress, now time.Duration) time.Duration {
	if d.Taken != p.taken {
		p.taken, p.changed = d.Taken, now
	}
	return now - p.changed
}
