package engine

import (
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// commit is the cut that is being committed, and the notes for the next one. Guarded by room.mu.
type commit struct {
	pending bool // cut was taken and is not durable yet
	cut     cut
	refused refusedRow // the row of cut, if the store has refused it
	delayed bool       // peers were notified that cut is not durable yet
	durable uint64     // the version of the document that is durable
	awaited []awaitedVersion

	// For the next cut.
	waiting []*Peer       // peers whose pending answers are made at the next cut
	writers []*Peer       // whose updates are in no cut yet, and who are sent Acks
	author  *Peer         // wrote the last of the updates that are in no cut yet
	joint   bool          // other peers wrote something since the last cut too
	since   time.Duration // Engine.clock of the first change since the last cut; 0: none
}

// awaitedVersion is a version of the document for which somebody waits until it is durable.
type awaitedVersion struct {
	version uint64
	durable chan<- struct{} // is closed then
}

// await makes durable be closed when a version is.
func (c *commit) await(version uint64, durable chan<- struct{}) {
	c.awaited = append(c.awaited, awaitedVersion{version, durable})
	c.isDurable(c.durable) // it may be already
}

// isDurable notes that a version of the document is durable.
func (c *commit) isDurable(version uint64) {
	c.durable = version
	c.awaited = slices.DeleteFunc(c.awaited, func(a awaitedVersion) bool {
		if a.version <= version {
			close(a.durable)
		}
		return a.version <= version
	})
}

// cut is everything that was new in a room at one moment: an update, which is one row of the
// journal, and the messages to be sent once that row is durable.
type cut struct {
	update   []byte // in the memory of the row; emptyUpdate if the row has only a merge base
	version  uint64 // of the document after the update
	answers  []answer
	answered []answered // the pending answers that answers are made of
	receipts []receipt
	author   *Peer         // the last peer that wrote some of it; nil: the server wrote all of it
	joint    bool          // other peers wrote some of update too
	seed     bool          // update is nothing but the record's text
	since    time.Duration // Engine.clock of the first change in it; 0: no peer's
}

// end forgets the cut, which waits for the store no more.
func (c *commit) end() {
	clear(c.cut.receipts)
	c.cut = cut{receipts: c.cut.receipts[:0]}
	c.pending = false
}

// loneAuthor returns the peer that wrote all of the update and is sent an Ack instead of it; nil if
// there is none. Peers of y-websocket are sent the update, which is their receipt.
func (c *cut) loneAuthor() *Peer {
	if c.joint || c.author == nil || c.author.proto.Receipts() == protocol.Echoed {
		return nil
	}
	return c.author
}

// from returns the user that the update is attributed to; empty if the server wrote it.
func (c *cut) from() string {
	if c.author == nil {
		return ""
	}
	return c.author.presence.UserID()
}

// answer is a message that was made of the document at a cut, and is sent once that is durable.
type answer struct {
	peer    *Peer
	message *outbound.Message
	welcome *welcome // instead of message; nil for none
}

// answered is a peer's pending answer, for which a cut has messages.
type answered struct {
	peer    *Peer
	pending *outbound.Pending
}

// receipt is the Ack for a peer whose updates are in a cut. Peers of y-websocket have none: they
// are sent the update itself.
type receipt struct {
	peer  *Peer
	count uint32 // how many updates
}

// refusedRow is a row that the store refused while it stored the others of the commit. Its room
// keeps it, sends none of it, and commits it again after pauses that grow. Other rooms go on. The
// zero value is none. Guarded by room.mu.
type refusedRow struct {
	data    []byte    // the row, owned; nil while it is in a commit
	err     error     // why it was refused last; nil if there is no refused row
	since   time.Time // when it was first in a commit
	tries   int       // how often it was refused
	retryAt time.Time // when it is committed again; zero while it is in a commit
}

// hasten makes the next attempt due at now.
func (f *refusedRow) hasten(now time.Time) {
	if f.data != nil {
		f.retryAt = now
	}
}

// take returns the row for one more attempt.
func (f *refusedRow) take() (row []byte) {
	row, f.data, f.retryAt = f.data, nil, time.Time{}
	return row
}

// announcing is what of a room is to be announced to Config.Announce. Guarded by room.mu. Nothing
// is noted while Config.AnnounceAfter is zero.
type announcing struct {
	version uint64    // a durable version that is not announced; 0: none
	first   time.Time // when the first change since the last announcement became durable
	due     time.Time // when version is to be announced; zero: never

	authors []author // of changes that are not announced yet
	last    uint64   // Peer.id of the peer that wrote last
	lastAt  int      // its index in authors, if that has it
}

// author is a user who has changed the document, and the versions of the first and the last of the
// changes that are not announced yet.
type author struct {
	Writer
	first, last uint64
}

// MaxWriters is how many users an Announcement has at most.
const MaxWriters = 100

// announces reports whether anything is to be announced.
func (e *Engine) announces() bool { return e.cfg().Announce != nil && e.cfg().AnnounceAfter > 0 }

// savedBySnapshot reports whether a room has no record that its drafts are saved to.
func (e *Engine) savedBySnapshot(key roomkey.Key) bool {
	_, is := key.Record()
	return !is || e.sync == nil
}

// find returns the index of a user in authors, or the length of these.
func (a *announcing) find(user string) int {
	for i := range a.authors {
		if a.authors[i].ID == user {
			return i
		}
	}
	return len(a.authors)
}

// writers returns the users who have changed the document up to a version, and are not announced.
func (a *announcing) writers(version uint64) (all []Writer) {
	for i := range a.authors {
		if a.authors[i].first <= version {
			all = append(all, a.authors[i].Writer)
		}
	}
	return all
}

// forget drops the users whose changes were announced with a version.
func (a *announcing) forget(version uint64) {
	left := a.authors[:0]
	for _, w := range a.authors {
		if w.last > version {
			w.first = max(w.first, version+1)
			left = append(left, w)
		}
	}
	clear(a.authors[len(left):])
	a.authors = left
}

// announceChange announces the changes that are durable and not announced. mu is held.
func (r *room) announceChange() {
	a := r.announcing
	if a == nil || a.version == 0 {
		return
	}
	version := a.version
	writers := a.writers(version)
	a.forget(version)
	a.version, a.first, a.due = 0, time.Time{}, time.Time{}
	r.announce(DocumentChanged, version, writers)
}

// announce announces something about the room. mu is held.
func (r *room) announce(kind AnnouncementKind, version uint64, writers []Writer) {
	if !r.e.announces() {
		return
	}
	r.e.cfg().Announce.Announce(Announcement{
		Kind: kind, Room: r.name, Incarnation: r.incarnation, Version: version, Writers: writers,
		Time: time.Now(),
	})
}
