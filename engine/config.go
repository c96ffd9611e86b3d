package engine

import (
	"cmp"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/recordsync"
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

	// NoJournal keeps accepted updates out of the journal (durability "off"):
	// what came since the last snapshot is lost in a crash. Off.
	NoJournal bool
	// JournalPatience is for how long updates may wait for the journal before users are
	// notified, and new peers are sent what is durable. 2 s.
	JournalPatience time.Duration
	// StoreTimeout bounds one call to the Store. 30 s.
	StoreTimeout time.Duration
	// SnapshotUpdates is how many updates are journaled before a room is snapshotted. 100.
	SnapshotUpdates uint64
	// SnapshotMinInterval is the least time between two snapshots of a room
	// that is in use. A third of it is the wait after one that failed, which doubles with each
	// that fails after it, up to 5 min. 30 s.
	SnapshotMinInterval time.Duration
	// SnapshotInterval is how long a change goes without a snapshot. 5 min.
	SnapshotInterval time.Duration
	// Compression is the form of new snapshots. zstd.
	Compression snapshot.Algorithm
	// SnapshotWarnBytes is the size beyond which a stored snapshot is said to be large. 500 KiB.
	SnapshotWarnBytes int
	// SnapshotKeptBytes is how much of compressed snapshots is kept in memory, of all
	// rooms, to make the next ones of; negative: nothing. 64 MiB.
	SnapshotKeptBytes int
	// MaxDocument is the largest stored document that is loaded, in bytes, uncompressed. 256 MiB.
	MaxDocument int

	// Records is where the texts of records are. None.
	Records Records
	// RecordTimeout bounds what is asked of Records at a time. 30 s.
	RecordTimeout time.Duration
	// RecordPoll is how long a room with editors goes without a look at its record;
	// negative: for ever. 60 s.
	RecordPoll time.Duration
	// Schema is what documents call the nodes that Markdown is made of. CivicPress' names.
	Schema recordsync.Schema
	// Drafts is when what users write is saved to records.
	Drafts Drafts
	// SnapshotKeep is how long after its last peer left a Store that is an Archive
	// keeps a room that agrees with its record; negative: for ever. 1 h.
	SnapshotKeep time.Duration
	// KeepUnowned is how long after its last peer left a Store that is an Archive keeps a
	// room where there are no Records, and what it has is to be had nowhere else. For ever.
	KeepUnowned time.Duration

	// Rooms is how many rooms may have peers at a time. 10,000.
	Rooms int
	// PeersPerRoom is how many peers a room may have. 1,000.
	PeersPerRoom int
	// DocumentBytes is the size beyond which documents do not grow, compacted; deleting goes on. 16
	// MiB.
	DocumentBytes int
	// DocumentWarnBytes is the size from which on a document is said to be large. 500 KiB.
	DocumentWarnBytes int
	// DocumentSplitBytes is the size from which on it is recommended to split a document. 1 MiB.
	DocumentSplitBytes int

	// KeepHistory leaves what is deleted in documents, for clients that keep histories (gc: false).
	// It counts as much as the rest. Off.
	KeepHistory bool

	// IntegrationSteps is how many steps it may take to place the structs of a document
	// that is read for a draft or for compaction (view.MaxSteps). 33,554,432.
	IntegrationSteps uint64

	// QueueBytes is how much may wait for one connection before updates are
	// dropped and replaced by one diff. 1 MiB.
	QueueBytes int

	// ReadOnly has every room refuse all writing: people look, and are seen. Off.
	ReadOnly bool
	// NoPresence keeps who is present, and where, to who says it: nobody is shown anybody. Off.
	NoPresence bool
	// NoRecordSnapshots neither keeps snapshots beside records nor uses those that are there. Off.
	NoRecordSnapshots bool

	// SlowOperation is from what duration on a wait for a room's lock, a commit, a load, a
	// snapshot, a draft or a compaction is logged and counted as slow; negative: all are. 500 ms.
	SlowOperation time.Duration

	// KeepAlive is how long a room with peers goes without telling them anything. 20 s.
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
	// AwarenessPeerBytes is how long the awareness states of one connection may be together. 64
	// KiB.
	AwarenessPeerBytes int
	// AwarenessRoomBytes is how long those of a room may be together. 4 MiB.
	AwarenessRoomBytes int
	// SignalBytes is the length of the longest presence event that is passed on without being
	// understood. 1 KiB.
	SignalBytes int
	// TrustPresence lets clients say who they are. Off: in what others receive about
	// a user whose token has a name, id and name are the token's.
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
	c.SnapshotKeptBytes = cmp.Or(c.SnapshotKeptBytes, 64<<20)
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
	c.IntegrationSteps = cmp.Or(c.IntegrationSteps, view.DefaultMaxSteps)
	c.QueueBytes = cmp.Or(c.QueueBytes, 1<<20)
	c.SlowOperation = cmp.Or(c.SlowOperation, 500*time.Millisecond)
	c.KeepAlive = cmp.Or(c.KeepAlive, 20*time.Second)
	c.AwarenessTimeout = cmp.Or(c.AwarenessTimeout, 30*time.Second)
	c.RenewalInterval = cmp.Or(c.RenewalInterval, 10*time.Second)
	c.AwarenessClients = cmp.Or(c.AwarenessClients, 5)
	c.AwarenessBytes = cmp.Or(c.AwarenessBytes, 32<<10)
	c.AwarenessPeerBytes = cmp.Or(c.AwarenessPeerBytes, 64<<10)
	c.AwarenessRoomBytes = cmp.Or(c.AwarenessRoomBytes, 4<<20)
	c.SignalBytes = cmp.Or(c.SignalBytes, 1<<10)
	return c
}

// DefaultDocumentBytes is the default of Config.DocumentBytes.
const DefaultDocumentBytes = 16 << 20

// MessageBytes is how long a message may have to be to hold a document of as many bytes: base64
// makes four bytes of three, and there is something around it. A y-websocket client answers a
// SyncRequest in one message.
func MessageBytes(document int) int { return (document+2)/3*4 + 64<<10 }

// Never is for intervals that may be endless: it is longer than a process runs.
const Never = 100 * 365 * 24 * time.Hour
