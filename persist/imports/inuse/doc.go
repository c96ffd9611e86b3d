// Package inuse shows whether another process uses a file, by the locks that it holds on it
// (fcntl), as LevelDB and SQLite take them. It takes no lock, and changes nothing. Where there are
// no such locks it knows of no use; LevelDB's files cannot be opened there while they are in use.
//
// Files, in layers; each uses only what is listed before it:
//
//	held_unix.go held_other.go  locks
package inuse
