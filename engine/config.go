package engine

import (
	"cmp"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Config tunes an Engine. The zero value is ready: every field that is zero
// has the default its comment names.
type Config struct {
	// Window is the time between two flushes of a busy room. A room quiet for longer flushes at
	// once. 100 ms.
	Window time.Duration
	// Grace is how long a room stays loaded after its last peer left. 5 min.
	Grace time.Duration

	// CompressAfter is how long after its last peer left a room's document is compressed. 10 s.
	CompressAfter time.Duration

	// NoJournal keeps accepted updates out of the journal (durability "off"): a crash loses the
	// updates since the last snapshot. Off.
	NoJournal bool
	// JournalPatience is for how long updates may wait for the journal before users are notified,
	// and new peers are sent the durable document. 2 s.
	JournalPatience time.Duration
	// StoreTimeout bounds one call to the Store. 30 s.
	StoreTimeout time.Duration
	// SnapshotUpdates is how many updates are journaled before a room is snapshotted. 100.
	SnapshotUpdates uint64
	// SnapshotMinInterval is the least time between two snapshots of a room in use. After a
	// snapshot that failed it is a third of that, which doubles with each further failure, up to 5
	// min. 30 s.
	SnapshotMinInterval time.Duration
	// SnapshotInterval is the longest time from a change to the snapshot that has it. 5 min.
	SnapshotInterval time.Duration
	// Compression is the form of new snapshots. zstd.
	Compression snapshot.Algorithm
	// SnapshotWarnBytes is the size beyond which a stored snapshot is logged and counted as large.
	// 500 KiB.
	SnapshotWarnBytes int
	// SnapshotKeptBytes bounds the compressed pieces of snapshots that are kept in memory, of all
	// rooms, for their next snapshots; negative: none are kept. 64 MiB.
	SnapshotKeptBytes int
	// MaxDocument is the size of the largest stored document that is loaded, in bytes,
	// uncompressed. 256 MiB.
	MaxDocument int

	// Records is the source of the records' texts. None.
	Records Records
	// Claims is where nodes that share rooms agree on their drafts. Nil: there is one node.
	Claims Claims
	// RecordTimeout bounds one call of Records. 30 s.
	RecordTimeout time.Duration
	// RecordPoll is the time between two fetches of the record of a room with editors; negative: it
	// is not polled. 60 s.
	RecordPoll time.Duration
	// Schema names the nodes of documents that are made of Markdown. CivicPress' names.
	Schema recordsync.Schema
	// Drafts sets when edits are saved to records.
	Drafts Drafts
	// SnapshotKeep is how long a Store that is an Archive keeps a room that agrees with its record,
	// from when its last peer left; negative: for ever. 1 h.
	SnapshotKeep time.Duration
	// KeepUnowned is the same where there are no Records, so that the content of a room is nowhere
	// else. For ever.
	KeepUnowned time.Duration

	// Rooms is how many rooms may have peers at a time. 10,000.
	Rooms int
	// PeersPerRoom is how many peers a room may have. 1,000.
	PeersPerRoom int
	// DocumentBytes is the size of the largest document, compacted, in bytes. Updates beyond it are
	// refused unless they only delete. 16 MiB.
	DocumentBytes int
	// DocumentWarnBytes is the size from which on a document is reported as large. 500 KiB.
	DocumentWarnBytes int
	// DocumentSplitBytes is the size from which on users are advised to split a document. 1 MiB.
	DocumentSplitBytes int

	// KeepHistory keeps deleted content in documents, for clients that keep histories (gc: false).
	// It counts towards DocumentBytes like the rest. Off.
	KeepHistory bool

	// NoAuthors keeps no authors of what is written and deleted, and drops those that are stored.
	// Off.
	NoAuthors bool
	// AuthorRuns is how many runs of one author, in texts and deletions, are kept of a document.
	// The shortest ones beyond that are of nobody. 100,000.
	AuthorRuns int

	// IntegrationSteps is how many steps it may take to place the structs of a document that is
	// read for a draft or for compaction (view.MaxSteps). 33,554,432.
	IntegrationSteps uint64

	// QueueBytes bounds the messages that wait for one connection. Updates beyond it are dropped
	// and replaced by one diff. 1 MiB.
	QueueBytes int

	// Locks is how many rooms administrators may have locked at a time. 10,000.
	Locks int
	// Bans is how many users may be banned at a time. 10,000.
	Bans int
	// Events is where the engine publishes what happens. Nil: nowhere.
	Events *events.Hub

	// Announce is told what becomes of documents. Nil: nobody is.
	Announce Announcer
	// AnnounceAfter is how long nobody must have changed a document before the change is announced.
	// Zero: nothing is announced.
	AnnounceAfter time.Duration
	// AnnounceWithin is the longest time from a change to its announcement, if people do not pause.
	// 60 s.
	AnnounceWithin time.Duration

	// ReadOnly makes every room refuse all writing. Peers still see the document and each other.
	// Off.
	ReadOnly bool
	// NoPresence sends nobody's presence to others. Off.
	NoPresence bool
	// NoRecordSnapshots neither stores snapshots beside records nor uses those that are there. Off.
	NoRecordSnapshots bool

	// SlowOperation is the duration from which on a wait for a room's lock, a commit, a load, a
	// snapshot, a draft or a compaction is logged and counted as slow; negative: all are. 500 ms.
	SlowOperation time.Duration

	// KeepAlive is the longest time for which a room sends its peers nothing. 20 s.
	KeepAlive time.Duration
	// AwarenessTimeout is how long an awareness state lives without being renewed. 30 s, as in
	// clients.
	AwarenessTimeout time.Duration
	// RenewalInterval is the least time between two relays of renewals that changed nothing. 10 s.
	RenewalInterval time.Duration
	// AwarenessClients is how many awareness client ids a connection may own. 5.
	AwarenessClients int
	// AwarenessBytes is the length of the longest awareness state, and cursor. 32 KiB.
	AwarenessBytes int
	// AwarenessPeerBytes bounds the awareness states of one connection, in bytes together. 64 KiB.
	AwarenessPeerBytes int
	// AwarenessRoomBytes bounds the awareness states of a room, in bytes together. 4 MiB.
	AwarenessRoomBytes int
	// SignalBytes is the length of the longest presence event that is relayed as it is. 1 KiB.
	SignalBytes int
	// Stateless are the kinds of rooms in which the Stateless messages of clients are relayed to
	// the others. None.
	Stateless []roomkey.Kind
	// StatelessBytes is the length of the longest such message. 16 KiB.
	StatelessBytes int
	// TrustPresence relays the ids and names that clients claim for themselves. Off: for a user
	// whose token has a name, others receive the token's id and name.
	TrustPresence bool
}

func (c Config) withDefaults() Config {
	c.Window = cmp.Or(c.Window, 100*time.Millisecond)
	c.Grace = cmp.Or(c.Grace, 5*time.Minute)
	c.CompressAfter = cmp.Or(c.CompressAfter, 10*time.Second)
	c.JournalPatience = cmp.Or(c.JournalPatience, 2*time.Second)
	c.StoreTimeout = cmp.Or(c.StoreTimeout, 30*time.Second)
	c.SnapshotUpdates = cmp.Or(c.SnapshotUpdates, 100)
	c.SnapshotMinInterval = cmp.Or(c.SnapshotMinInterval, 30*time.Second)
	c.SnapshotInterval = cmp.Or(c.SnapshotInterval, 5*time.Minute)
	c.SnapshotWarnBytes = cmp.Or(c.SnapshotWarnBytes, 500<<10)
	c.SnapshotKeptBytes = cmp.Or(c.SnapshotKeptBytes, DefaultKeptBytes)
	c.MaxDocument = cmp.Or(c.MaxDocument, 256<<20)
	c.RecordTimeout = cmp.Or(c.RecordTimeout, 30*time.Second)
	c.RecordPoll = cmp.Or(c.RecordPoll, time.Minute)
	c.Drafts = c.Drafts.WithDefaults()
	c.SnapshotKeep = cmp.Or(c.SnapshotKeep, time.Hour)
	c.Rooms = cmp.Or(c.Rooms, 10_000)
	c.PeersPerRoom = cmp.Or(c.PeersPerRoom, 1000)
	c.DocumentBytes = cmp.Or(c.DocumentBytes, DefaultDocumentBytes)
	c.DocumentWarnBytes = cmp.Or(c.DocumentWarnBytes, 500<<10)
	c.DocumentSplitBytes = cmp.Or(c.DocumentSplitBytes, 1<<20)
	c.AuthorRuns = cmp.Or(c.AuthorRuns, authors.DefaultMaxRuns)
	c.IntegrationSteps = cmp.Or(c.IntegrationSteps, view.DefaultMaxSteps)
	c.QueueBytes = cmp.Or(c.QueueBytes, 1<<20)
	c.AnnounceWithin = cmp.Or(c.AnnounceWithin, time.Minute)
	c.Locks = cmp.Or(c.Locks, 10_000)
	c.Bans = cmp.Or(c.Bans, 10_000)
	c.SlowOperation = cmp.Or(c.SlowOperation, 500*time.Millisecond)
	c.KeepAlive = cmp.Or(c.KeepAlive, 20*time.Second)
	c.AwarenessTimeout = cmp.Or(c.AwarenessTimeout, 30*time.Second)
	c.RenewalInterval = cmp.Or(c.RenewalInterval, 10*time.Second)
	c.AwarenessClients = cmp.Or(c.AwarenessClients, 5)
	c.AwarenessBytes = cmp.Or(c.AwarenessBytes, 32<<10)
	c.AwarenessPeerBytes = cmp.Or(c.AwarenessPeerBytes, 64<<10)
	c.AwarenessRoomBytes = cmp.Or(c.AwarenessRoomBytes, 4<<20)
	c.SignalBytes = cmp.Or(c.SignalBytes, 1<<10)
	c.StatelessBytes = cmp.Or(c.StatelessBytes, 16<<10)
	return c
}

// DefaultDocumentBytes is the default of Config.DocumentBytes.
const DefaultDocumentBytes = 16 << 20

// MessageBytes returns how long messages must be allowed to be, for a document of the given size:
// base64 makes four bytes of three, and the message adds something. A y-websocket client answers a
// SyncRequest in one message.
func MessageBytes(document int) int { return (document+2)/3*4 + 64<<10 }

// DefaultKeptBytes is the default of Config.SnapshotKeptBytes and of Drafts.KeptBytes.
const DefaultKeptBytes = 64 << 20

// Never stands for an endless interval: it is longer than a process runs.
const Never = 100 * 365 * 24 * time.Hour
