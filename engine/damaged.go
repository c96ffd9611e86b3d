package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// ErrDamaged says that the stored state of a room has been damaged. An error of a Store that has a
// method Damaged counts as one.
var ErrDamaged = errors.New("stored state is damaged")

const (
	reasonDamaged = "the stored text is damaged: an administrator has to repair it"
	noticeDamaged = "The stored text of this session was damaged. " +
		"What you see is the record as it was last saved: please check it"
)

// isDamage reports whether err means that something is damaged. A form that is not known is no
// damage: a later version may know it.
func isDamage(err error) bool {
	for _, of := range [...]error{
		ErrDamaged, stored.ErrIncomplete,
		snapshot.ErrChecksum, snapshot.ErrTruncated, snapshot.ErrPayload,
	} {
		if errors.Is(err, of) {
			return true
		}
	}
	var damage interface{ Damaged() }
	return errors.As(err, &damage)
}

// unreadable returns the error of joins to a room that cannot be loaded.
func unreadable(err error) error {
	reason := "room cannot be loaded"
	if isDamage(err) {
		reason = reasonDamaged
	}
	return &CloseError{Code: CloseInternal, Reason: reason, Err: err}
}

// beginsAnew reports whether a room that is damaged, as err says, can begin anew with its record,
// and empties it for that. Its stored state stays until the record's text has been fetched.
func (r *room) beginsAnew(err error) bool {
	if _, ok := r.e.store.(Quarantiner); !ok || r.record == nil || !isDamage(err) {
		return false
	}
	r.doc, r.version, r.saving.version, r.compaction.size = ydoc.Doc{}, 0, 0, 0
	r.unauthored = false
	r.restoreAuthors(nil, false)
	r.incarnate()
	r.damage = err
	r.e.log.Error("stored room is damaged; it opens only when its record's text is at hand",
		slog.String("room", r.name), reason(err))
	return true
}

// damaged returns why the room must not be used before quarantine; nil if it may be used.
func (r *room) damaged() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == stateGone {
		return nil
	}
	return r.damage
}

// quarantine moves the stored state of a damaged room aside, so that the room can begin with its
// record. In other rooms it does nothing.
func (r *room) quarantine(ctx context.Context) error {
	why := r.damaged()
	if why == nil {
		return nil
	}
	if err := r.e.store.(Quarantiner).Quarantine(ctx, r.name); err != nil {
		return err
	}
	r.e.metrics.quarantined.Inc()
	r.e.log.Error("stored room is damaged; it is quarantined, and the room begins with its record",
		slog.String("room", r.name), reason(why))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.damage, r.recreated = nil, true
	return nil
}

// warnOfDamage notifies p that the room began anew.
func (r *room) warnOfDamage(p *Peer) {
	if r.recreated {
		p.notify(protocol.Warning, noticeDamaged)
	}
}

// incarnate gives the document a new incarnation, as it has nothing in common with the stored state
// that there was before.
func (r *room) incarnate() {
	r.incarnation, r.unnamed = snapshot.NewIncarnation(time.Now().UnixMilli()), true
}
