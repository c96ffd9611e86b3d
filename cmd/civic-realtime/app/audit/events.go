package audit

import (
	"strconv"

	"github.com/civicpress/civic-realtime/engine/events"
)

// kindsOf are the kinds of the events that are written. Others are not: they are too frequent, or
// another line says the same, that of an AdminCall, or Drain, which also says by whom.
var kindsOf = map[events.Kind]Kind{
	events.Refused:       SignInRefused,
	events.AccessChanged: AccessChanged,
	events.SessionEnded:  SessionEnded,
	events.Disconnected:  Disconnect,
	events.Kicked:        Kick,
	events.Banned:        Ban,
	events.Unbanned:      Unban,
	events.Locked:        Lock,
	events.Unlocked:      Unlock,
	events.Noticed:       Notice,
	events.Restored:      Restore,
	events.Deleted:       Delete,
	events.Undeleted:     Undelete,
	events.Denied:        Denied,
	events.Suspicious:    Suspicious,
}

// goingAway is the close code of clients that left before they had joined: nobody refused them.
const goingAway = 1001

// Of returns the line about an event. ok is false for events that are not written.
func Of(e events.Event) (l Line, ok bool) {
	kind, ok := kindsOf[e.Kind]
	if !ok || e.Kind == events.Refused && e.Code == goingAway {
		return Line{}, false
	}
	l = Line{
		Kind: kind, By: e.By, Address: e.Client, Room: e.Room, User: e.User, Code: e.Code,
		Reason: e.Reason,
	}
	switch kind {
	case Suspicious:
		l.Pattern = e.Subject
	case Denied:
		l.By, l.User, l.Reason = "user:"+e.User, "", e.Subject+": "+e.Reason
	case Restore:
		l.Version = strconv.FormatUint(e.Version, 10)
	case Kick, Notice:
		l.Connections = e.Count
	}
	if !e.Until.IsZero() {
		until := e.Until.UTC()
		l.Until = &until
	}
	return l, true
}

// Follow writes lines about the events of a subscription until that is closed. Events that the
// subscription has lost count as lost lines. stop closes the subscription, and waits until the
// events that it has are written.
func (t *Trail) Follow(watch *events.Subscription) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		lost := uint64(0)
		for e := range watch.C {
			if l, ok := Of(e); ok {
				l.Time = e.Time.UTC()
				t.Add(l)
			}
			dropped := watch.Dropped()
			t.Lose(int(dropped - lost))
			lost = dropped
		}
	}()
	return func() {
		watch.Close()
		<-done
	}
}
