package memory

import (
	"cmp"
	"io/fs"
	"os"
)

// Meter knows the limit of the process, and how much it uses.
type Meter struct {
	files fs.FS
	group group
	limit int64
	from  string
}

// NewMeter finds the limit: the one that is wanted, if any, or that of the control group, whichever
// is lower.
func NewMeter(wanted Size) *Meter { return newMeter(os.DirFS("/"), wanted) }

func newMeter(files fs.FS, wanted Size) *Meter {
	m := &Meter{files: files, group: findGroup(files)}
	all := cmp.Or(m.group.limit, ofMachine(files))
	m.limit, m.from = wanted.Of(all), "memory.limit"
	if g := m.group.limit; g > 0 && (m.limit == 0 || g < m.limit) {
		m.limit, m.from = g, "the control group"
	}
	return m
}

// Limit returns the limit in bytes, 0 if there is none, and where it is from.
func (m *Meter) Limit() (bytes int64, from string) { return m.limit, m.from }

// Usage returns the memory that counts, in bytes.
func (m *Meter) Usage() int64 {
	if m.group.limit > 0 {
		if n, ok := m.group.usage(); ok {
			return n
		}
	}
	return ofProcess(m.files)
}
