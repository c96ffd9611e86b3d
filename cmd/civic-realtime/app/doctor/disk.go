package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// checkStore opens the store, or finds out that a server has it.
func checkStore(_ context.Context, s *Subject) []Finding {
	if s.DataDir == "" {
		return nil
	}
	err := s.OpenStore()
	switch {
	case errors.Is(err, persist.ErrInUse) && s.running():
		return []Finding{ok("in use by the running server, process %d", s.RunningPID)}
	case errors.Is(err, persist.ErrInUse):
		return []Finding{ok("in use by another process")}
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{creatable(s.DataDir)}
	case err != nil:
		return []Finding{fail("civic-realtime check shows what is damaged, and civic-realtime repair what can be had",
			"%v", err)}
	}
	return []Finding{ok("%s opens", s.DataDir)}
}

// creatable reports whether a data directory can be made.
func creatable(dir string) Finding {
	parent := existing(dir)
	f, err := os.CreateTemp(parent, ".civic-realtime-*")
	if err != nil {
		return fail("make "+dir+" for the user that the server runs as", "%v", err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return fail("", "%v", err)
	}
	return ok("nothing is stored in %s yet; it can be written to", dir)
}

// existing returns dir, or the nearest directory above it that exists.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// Free space below these needs an operator.
const (
	spaceFail  = 256 << 20
	spaceWarn  = 2 << 30
	filesWarn  = 1000
	percentLow = 5
)

// checkSpace looks at the file system of the data directory.
func checkSpace(_ context.Context, s *Subject) (found []Finding) {
	if s.DataDir == "" {
		return nil
	}
	f, err := statFS(existing(s.DataDir))
	if err != nil {
		return nil // not on this system
	}
	const advice = "free some space, or move data_dir; without space edits wait, and people are told"
	switch low := f.free < f.size/100*percentLow; {
	case f.free < spaceFail:
		found = append(found, fail(advice, "%s left on the disk of %s", size(f.free), s.DataDir))
	case f.free < spaceWarn || low:
		found = append(found, warn(advice, "%s left on the disk of %s", size(f.free), s.DataDir))
	default:
		found = append(found, ok("%s left", size(f.free)))
	}
	if f.total > 0 && f.files < filesWarn {
		found = append(found, warn(advice, "only %d files can be made on the disk of %s", f.files, s.DataDir))
	}
	return append(found, kindOf(f.kind)...)
}

// kindOf says whether a kind of file systems can have the data.
func kindOf(kind string) []Finding {
	switch kind {
	case "":
		return nil
	case "nfs", "cifs", "smb", "smb2", "9p":
		return []Finding{fail("put data_dir on a disk of this machine",
			"%s: files are mapped into memory and locked, which file systems of other machines do not do reliably", kind)}
	case "tmpfs", "overlay":
		return []Finding{warn("put data_dir on a disk, or a volume of the container",
			"%s: what is stored is gone with the machine or container", kind)}
	case "fuse":
		return []Finding{warn("put data_dir on a disk of this machine",
			"%s: whether a synced file is on a disk depends on the program behind it", kind)}
	}
	return []Finding{ok("the file system is %s", kind)}
}

// Syncing a file is slow from syncWarn on.
const (
	syncWarn = 20 * time.Millisecond
	syncs    = 24
)

// checkSync measures how long a write of 4 KiB takes to be on the disk.
func checkSync(ctx context.Context, s *Subject) []Finding {
	if s.DataDir == "" {
		return nil
	}
	took, err := measureSync(ctx, existing(s.DataDir))
	if err != nil {
		return []Finding{fail("make the directory writable for the user that the server runs as", "%v", err)}
	}
	slices.Sort(took)
	median, slowest := took[len(took)/2], took[len(took)-1]
	text := fmt.Sprintf("a write is on the disk after %v, at most %v",
		median.Round(10*time.Microsecond), slowest.Round(10*time.Microsecond))
	if median > syncWarn && s.Sync {
		return []Finding{warn("use a faster disk, or durability: async, with which a crash of the machine "+
			"loses up to a second", "%s; every edit waits that long", text)}
	}
	return []Finding{ok("%s", text)}
}

func measureSync(ctx context.Context, dir string) (took []time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".civic-realtime-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, 4096)
	for range syncs {
		began := time.Now()
		_, err := f.Write(block)
		if err = errors.Join(err, f.Sync(), ctx.Err()); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// size returns bytes for people.
func size(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
