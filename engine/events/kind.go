package events

// Kind is the kind of an Event. Its String is its name in the event stream and the audit trail.
type Kind uint8

// The kinds of events, with the fields that each has beside Time.
const (
	Joined        Kind = iota + 1 // Room, User, Client, Connection: a client has joined its room
	Left                          // Room, User, Client, Connection, Code
	Refused                       // Room, User, Client, Connection, Code, Reason: it may not join
	Closed                        // as Refused, of a client in its room: closed for its fault
	Disconnected                  // as Refused, By: an administrator closed the connection
	Limited                       // Subject, Reason and whatever of Refused's is known
	Failed                        // Subject, Reason, Room if it is about one
	Locked                        // Room, By, Reason
	Unlocked                      // Room, By
	Kicked                        // Room, User, By, Count, Reason; Until: kept out of the room
	Noticed                       // Room (empty: all rooms), By, Count
	Evicted                       // Room, By
	Saved                         // Room, By: a snapshot that an administrator asked for
	Restored                      // Room, By, Version: a version was restored
	Banned                        // User, By, Until, Reason
	Unbanned                      // User, By; without By the ban has ended
	Draining                      // By: the shutdown begins
	Denied                        // Room, User, Connection, Subject, Reason: it is no administrator
	AccessChanged                 // Room, User, Connection, Reason: from which access to which
	SessionEnded                  // as Refused, of a client in its room: it may not stay
	Suspicious                    // Subject: the pattern; Room, User, Client as far as known; Count

	// VersionCreated has Room, By, Version, Reason: a version was kept, and why. Automatic ones
	// are kept by the store, without an event.
	VersionCreated
	// Deleted and Undeleted have Room, By: a document was deleted, or may be begun again.
	Deleted
	Undeleted

	kinds = iota + 1 // one above the last
)

var names = [kinds]string{
	Joined: "joined", Left: "left", Refused: "refused", Closed: "closed",
	Disconnected: "disconnected", Limited: "limited", Failed: "failed", Locked: "locked",
	Unlocked: "unlocked", Kicked: "kicked", Noticed: "noticed", Evicted: "evicted",
	Saved: "saved", Restored: "restored", Banned: "banned", Unbanned: "unbanned",
	Draining: "draining", Denied: "denied", AccessChanged: "access_changed",
	SessionEnded: "session_ended", Suspicious: "suspicious",
	VersionCreated: "version_created", Deleted: "deleted", Undeleted: "undeleted",
}

// String returns the name of the kind, "unknown" for a value that is none.
func (k Kind) String() string {
	if k == 0 || k >= kinds {
		return "unknown"
	}
	return names[k]
}

// The operations that Failed events are about: their Subject.
const (
	FailedCommit   = "commit"   // updates cannot be made durable; they wait
	FailedLoad     = "load"     // a room cannot be loaded
	FailedSnapshot = "snapshot" // a snapshot cannot be stored; the journal has its updates
	FailedDraft    = "draft"    // edits cannot be saved to the record
	FailedRoom     = "room"     // a room has ended after a panic
)
