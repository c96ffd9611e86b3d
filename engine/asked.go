package engine

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// begin calls Announcer.Begin for something that a user asks for. The caller must call end with
// what has happened, unless it cannot know that.
func (e *Engine) begin(
	ctx context.Context, kind AnnouncementKind, key roomkey.Key, by Author,
) (n Announcement, end func(...Announcement)) {
	n = Announcement{Kind: kind, Room: key.String(), Time: time.Now().Truncate(time.Millisecond)}
	if id := cutText(by.ID); id != "" {
		n.Writers = []Writer{{ID: id, Name: cutText(by.Name)}}
	}
	if !e.announces() {
		return n, func(...Announcement) {}
	}
	return n, e.cfg().Announce.Begin(ctx, n)
}

// becomesWithin is how long after Announcer.Begin the deletion, or the version, may be made.
const becomesWithin = 10 * time.Minute

// Became returns the deletion or the versions that were made after Announcer.Begin was called with
// n, by a process that was killed before it called end, or could not know them. While over is
// false they may still be made, and it is to be asked again.
func (e *Engine) Became(
	ctx context.Context, n Announcement,
) (all []Announcement, over bool, err error) {
	over = time.Since(n.Time) > becomesWithin
	key, err := roomkey.Parse(n.Room)
	if err != nil {
		return nil, true, err
	}
	switch n.Kind {
	case DocumentDeleted:
		t, was, err := e.Deleted(ctx, key)
		if err != nil || !was {
			return nil, over, err
		}
		return []Announcement{n.deleted(t)}, true, nil
	case VersionCreated:
		versions, err := e.Versions(ctx, key)
		for _, v := range versions {
			late := v.Kept.Sub(n.Time)
			if v.Why == byHand && v.By == n.by() && late >= 0 && late <= becomesWithin {
				all = append(all, n.created(v))
			}
		}
		return all, over || len(all) > 0, err
	}
	return nil, true, errors.ErrUnsupported
}

// by returns the id of the user who asked for it.
func (n Announcement) by() string {
	if len(n.Writers) == 0 {
		return ""
	}
	return n.Writers[0].ID
}

// deleted returns the announcement of what is left of a document that was deleted.
func (n Announcement) deleted(t Tombstone) Announcement {
	if n.Time = t.At; t.By != n.by() {
		n.Writers = nil // another one has deleted it before
		if t.By != "" {
			n.Writers = []Writer{{ID: t.By}}
		}
	}
	return n
}

// created returns the announcement of a version.
func (n Announcement) created(v Version) Announcement {
	n.Time, n.Version = v.Kept, v.ID
	return n
}
