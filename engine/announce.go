package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// wrote notes that p has led the room to its present version. It allocates only for the first
// change of a user since the last announcement. mu is held.
func (r *room) wrote(p *Peer) {
	if !r.e.announces() || p.identity.ID == "" {
		return
	}
	if r.announcing == nil {
		r.announcing = new(announcing)
	}
	a := r.announcing
	if a.last != p.id || a.lastAt >= len(a.authors) || a.authors[a.lastAt].ID != p.identity.ID {
		a.last, a.lastAt = p.id, a.find(p.identity.ID)
	}
	if a.lastAt == len(a.authors) {
		if len(a.authors) == MaxWriters {
			return
		}
		w := Writer{ID: p.identity.ID, Name: p.identity.Name}
		a.authors = append(a.authors, author{Writer: w, first: r.version})
	}
	a.authors[a.lastAt].last = r.version
}

// cutDurable notes that a cut with a change is durable. The text of the record with which a
// document begins is no change. mu is held.
func (r *room) cutDurable(c *cut, now time.Time) {
	fresh := r.fresh
	r.fresh = false
	if c.seed || !r.e.announces() {
		return
	}
	if r.announcing == nil { // the server wrote it
		r.announcing = new(announcing)
	}
	a, cfg := r.announcing, r.e.cfg()
	if fresh {
		r.announce(DocumentCreated, c.version, a.writers(c.version))
	}
	a.version = c.version
	if a.first.IsZero() {
		a.first = now
	}
	a.due = schedule.Earliest(now.Add(cfg.AnnounceAfter), a.first.Add(cfg.AnnounceWithin))
}

// announceDue returns when a change is to be announced.
func (r *room) announceDue() time.Time {
	if r.announcing == nil {
		return time.Time{}
	}
	return r.announcing.due
}

// unannounced returns the change that is durable and not announced; its Version is 0 if there is
// none. mu is held.
func (r *room) unannounced() (n Announcement) {
	if a := r.announcing; a != nil && a.version != 0 && r.e.announces() {
		n = Announcement{
			Kind: DocumentChanged, Room: r.name, Incarnation: r.incarnation, Version: a.version,
			Writers: a.writers(a.version), Time: time.Now(),
		}
	}
	return n
}
