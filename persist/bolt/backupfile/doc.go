// Package backupfile reads and writes the file that a backup of a bolt store is. It knows buckets
// and values, and neither bbolt nor what is stored in them.
//
// # File
//
// A file is two lines of text, a zstd stream of records, and a line of text:
//
//	civic-realtime backup 1
//	{"layout":"3","begun":"2026-11-28T02:00:00.123Z"}
//	records, compressed as one zstd stream (RFC 8878)
//	sha256:e3b0c442…b855
//
// The number in the first line is the version of this format. The second line is a JSON object:
// the layout of the store (package bolt), and when the backup was begun. The last line has the
// SHA-256 of all bytes before it, in hexadecimal; it has 72 bytes with its line feed. So a backup
// can be looked at without this program:
//
//	head -n 2 FILE
//	head -c -72 FILE | sha256sum
//	head -c -72 FILE | tail -n +3 | zstd -d
//
// A record is a byte for its kind and fields; integers are unsigned varints (LEB128), and byte
// strings have their length before them:
//
//	M  time                        what follows is the store as it was then, in ms since 1970
//	B  n, n names, sequence        what follows is in this bucket: its names, the outermost first
//	K  key, value                  a value of the bucket
//	D  room, reason                damage that the backup found in the store
//	E  buckets, values             the end: how many records B and K there were
//
// A file that lacks its last line, or does not match it, is not a backup: its writing was cut off,
// or it was changed.
//
// # Layers
//
// Files, in layers; each uses only what is listed before it:
//
//	format.go            the parts of a file, and errors
//	writer.go            writing
//	record.go reader.go  reading
package backupfile
