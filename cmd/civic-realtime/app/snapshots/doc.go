// Package snapshots lists, reads, converts, restores and repairs what a store has of records:
// snapshots, the updates since, and versions. Its functions take an open store and delay whoever
// calls them for as long as a document takes; they hold no lock of the engine's.
package snapshots
