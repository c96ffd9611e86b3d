package certs

import (
	"os"
	"time"
)

// stamp is the state of the two files when they were read. A file that is replaced, or the target
// of whose symbolic link is, has another stamp.
type stamp [2]fileStamp

type fileStamp struct {
	modified time.Time
	size     int64
	info     os.FileInfo // nil: the file cannot be found
}

// stampOf returns the state of files.
func stampOf(files Files) (s stamp) {
	for i, name := range []string{files.Cert, files.Key} {
		if info, err := os.Stat(name); err == nil {
			s[i] = fileStamp{info.ModTime(), info.Size(), info}
		}
	}
	return s
}

// same reports whether both files are as they were.
func (s stamp) same(other stamp) bool {
	for i, f := range s {
		o := other[i]
		if (f.info == nil) != (o.info == nil) {
			return false
		}
		if f.info != nil && (!os.SameFile(f.info, o.info) || f.size != o.size ||
			!f.modified.Equal(o.modified)) {
			return false
		}
	}
	return true
}
