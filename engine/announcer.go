package engine

import (
	"context"
	"time"
)

// Announcer is given the changes, saves and deletions of documents, for programs outside of the
// server.
type Announcer interface {
	// Announce takes note of n, which it owns, and returns at once. A room's lock is held.
	Announce(n Announcement)
	// Keep stores, before it returns, that a change is not announced yet, as the journal is about
	// to lose the rows that show it. DocumentChanged is announced for it all the same.
	Keep(ctx context.Context, n Announcement) error
	// Begin stores, before it returns, that a document is about to be deleted, or a version of it
	// to be kept, as somebody has asked (DocumentDeleted, VersionCreated). end announces what has
	// happened, which may be nothing. Without a call of end Engine.Became is asked at the next
	// start.
	Begin(ctx context.Context, n Announcement) (end func(became ...Announcement))
}

// Announcement is something that has happened to a document.
type Announcement struct {
	Kind        AnnouncementKind
	Room        string // its name
	Incarnation uint64 // of the document
	Version     uint64 // of the document, which is durable; VersionCreated: the id of the version
	Writers     []Writer
	Time        time.Time
}

// Writer is a user who has changed a document, at most MaxWriters of an Announcement. Users without
// an id, and the server, are left out.
type Writer struct{ ID, Name string }

// AnnouncementKind is the kind of an Announcement. Its numbers stay the same: an Announcer stores
// those that Begin was called with.
type AnnouncementKind uint8

const (
	DocumentCreated AnnouncementKind = iota + 1 // its first update is durable; Writers
	DocumentChanged                             // all Writers since the last of this kind
	DocumentStored                              // a draft was saved; without Records, a snapshot
	StoringFails                                // has failed for Drafts.Patience, or three times
	StoringWorks                                // and works again
	DocumentDeleted                             // Writers has the user who deleted it
	VersionCreated                              // by CreateVersion; Writers has the user
)
