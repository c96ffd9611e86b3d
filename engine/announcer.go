package engine

import (
	"context"
	"time"
)

// Announcer is told what becomes of documents, for programs outside of the server.
type Announcer interface {
	// Announce takes note of n, which it owns, and returns at once. A room's lock is held.
	Announce(n Announcement)
	// Keep stores, before it returns, that a change is not announced yet, as the journal is about
	// to lose the rows that show it. DocumentChanged is announced for it all the same.
	Keep(ctx context.Context, n Announcement) error
}

// Announcement is something that has become of a document.
type Announcement struct {
	Kind        AnnouncementKind
	Room        string // its name
	Incarnation uint64 // of the document
	Version     uint64 // of the document, which is durable
	Writers     []Writer
	Time        time.Time
}

// Writer is a user who has changed a document, at most MaxWriters of an Announcement. Users without
// an id, and the server, are left out.
type Writer struct{ ID, Name string }

// AnnouncementKind is the kind of an Announcement.
type AnnouncementKind uint8

const (
	DocumentCreated AnnouncementKind = iota + 1 // its first update is durable; Writers
	DocumentChanged                             // all Writers since the last of this kind
	DocumentStored                              // a draft was saved; without Records, a snapshot
	StoringFails                                // has failed for Drafts.Patience, or three times
	StoringWorks                                // and works again
)
