// Package leveldb reads a LevelDB database without changing it. Unlike LevelDB, and its ports to
// Go, it replays no log into new tables, takes no lock, removes no file, and goes on after damage:
// it knows which keys a damaged block may have had.
//
// The format is described in LevelDB's doc/log_format.md, doc/table_format.md and
// db/version_edit.cc. Keys are compared bytewise. Blocks are stored as they are, or compressed with
// Snappy; both is what LevelDB for Node (classic-level, leveldown) writes.
//
// A database has tables, which are sorted, and logs, with the writes that are in no table yet. A
// manifest, itself of the form of a log, lists the tables and the first log. Of the writes of one
// key the one with the greatest sequence number holds.
//
// Files, in layers; each uses only what is listed before it:
//
//	fields.go entry.go damage.go  varints and strings; a write of a key; what cannot be read
//	logfile.go                    records of logs
//	manifest.go batch.go          which files there are; the writes in logs
//	block.go                      blocks of tables
//	table.go                      the writes of a table, in order
//	merge.go                      the writes of all tables and logs, in order
//	leveldb.go                    Open, DB
package leveldb
