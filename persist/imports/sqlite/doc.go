// Package sqlite reads the rows of a table of an SQLite database, without changing the database. It
// opens files for reading only, and creates none, where SQLite itself would make an index of the
// write-ahead log, or roll a transaction back.
//
// The format is described in https://sqlite.org/fileformat2.html. What is read is what SQLite would
// show: the pages of the database, those of committed transactions in the write-ahead log (-wal),
// and in the place of pages that an interrupted transaction has changed, those of its rollback
// journal (-journal). Tables WITHOUT ROWID and virtual tables are not read. Integers are big-endian
// but for checksums.
//
// A database has no checksums, so a changed bit in a value is not seen here.
//
// Files, in layers; each uses only what is listed before it:
//
//	varint.go            variable-length integers
//	header.go            the header of a database
//	wal.go journal.go    the write-ahead log; the rollback journal
//	pages.go             the pages of a database
//	record.go            the values of a row
//	btree.go             the rows of a table
//	schema.go            tables and their columns
//	sqlite.go            Open, DB
package sqlite
