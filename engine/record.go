package engine

import (
	"log/slog"
	"slices"
	"time"
)

// record is what a room knows of the record whose text it is. The zero value is
// that of a room without one, for which nothing of this happens. Guarded by room.mu.
type record struct {
	base   base
	text   mergeBase
	news   bool   // base is in no cut yet
	stored uint64 // turn of the base in the newest snapshot

	retired []uint64 // client ids of seeds whose text is deleted here, beside another; mostly none

	told   *Text     // what somebody was shown of late, to be looked at
	pollAt time.Time // when the record is to be looked at; zero while nobody may write
	busy   bool      // a clerk has the room, or will

	edits   uint64    // updates of people's
	dirty   bool      // the document may say something else than the base
	first   time.Time // edit since the document was last turned into Markdown to be saved
	last    time.Time // edit
	since   time.Time // the oldest edit that is in no draft; also in clerks.behind
	writer  string    // credential of who wrote last
	written bool      // there is a writer
	trouble trouble
	contest contest
	repeats repeats
	drafts  draftAllowance
	asOf    time.Time // when the newest that is known of the record was asked for

	expiring bool // the store may have been told to drop the room
}

// recordDue is when a clerk has something to do for the room, zero if never.
func (r *room) recordDue() time.Time {
	if r.e.cfg.Records == nil || r.record.busy || r.gone || r.e.draining.Load() {
		return time.Time{}
	}
	if r.record.told != nil {
		return r.emptied // has passed
	}
	return earliest(r.record.pollAt, r.draftDue())
}

// unwritten notes that p has changed the document; mu is held.
func (r *room) unwritten(p *Peer, now time.Time) {
	rec := &r.record
	rec.writer, rec.written = p.who.Credential, true
	rec.edits++
	rec.last = now
	if rec.first.IsZero() {
		rec.first = now
	}
	r.doubt(now)
	r.closeRestricted()
}

// doubt has the document compared with its base, and saved if it says something else.
func (r *room) doubt(now time.Time) {
	rec := &r.record
	rec.dirty = true
	if rec.first.IsZero() {
		rec.first, rec.last = now, now
	}
	if rec.since.IsZero() {
		rec.since = now
		r.e.clerks.behind(r, now)
	}
}

// inStep notes that the document says what its base does, as of so many edits.
func (r *room) inStep(edits uint64) {
	rec := &r.record
	if rec.edits != edits {
		rec.since = rec.first
		r.e.clerks.behind(r, rec.since)
		return
	}
	rec.dirty, rec.first, rec.since = false, time.Time{}, time.Time{}
	r.e.clerks.abreast(r)
}

// holdsBack says whether the room may not be unloaded because of its record. What
// nobody's credential can save waits in the store for somebody to come.
func (r *room) holdsBack() bool {
	rec := &r.record
	return rec.news || rec.busy || rec.told != nil || rec.dirty && !rec.trouble.refused
}

// noteGone notes that the record was deleted. What is not saved to it stays, but is not
// saved to another one that comes under its name.
func (r *room) noteGone() {
	r.lockForWork()
	defer r.mu.Unlock()
	b := r.record.base
	if r.gone || !b.known() || b.gone {
		return
	}
	b.gone = true
	r.rebase(b, packedText{packed: r.record.text.packed})
	r.reschedule()
	r.e.log.Info("record is gone; what was not saved to it is kept", slog.String("room", r.name))
}

// maxCredentials is how many users' credentials are tried for one thing.
const maxCredentials = 4

// credentials are what to try, in order: of who wrote last, of others who may write
// and are here, and the configured one; mu is held.
func (r *room) credentials() (all []string) {
	if r.record.written {
		all = append(all, r.record.writer)
	}
	for _, p := range r.peers {
		if len(all) < maxCredentials && !p.who.ReadOnly && !slices.Contains(all, p.who.Credential) {
			all = append(all, p.who.Credential)
		}
	}
	if !slices.Contains(all, "") {
		all = append(all, "")
	}
	return all
}

func (r *room) hasEditor() bool {
	return slices.ContainsFunc(r.peers, func(p *Peer) bool { return !p.who.ReadOnly })
}

// arrive takes in what p's session is worth to the record, when it joins and when
// it has another; was is the credential before; mu is held.
func (r *room) arrive(p *Peer, text *Text, was string) {
	rec := &r.record
	if r.e.cfg.Records == nil {
		return
	}
	now := time.Now()
	if text != nil && !rec.base.covers(*text) {
		rec.told = text
	}
	if !p.who.ReadOnly {
		if rec.written && rec.writer == was {
			rec.writer = p.who.Credential
		}
		rec.trouble.relieve()
		if text != nil || rec.pollAt.IsZero() {
			r.lookAgain(now)
		}
	}
	r.reschedule()
}

// lookAgain sets when the record is looked at next.
func (r *room) lookAgain(now time.Time) {
	if every := r.e.cfg.RecordPoll; every > 0 {
		r.record.pollAt = now.Add(every)
	}
}
