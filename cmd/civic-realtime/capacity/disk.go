package capacity

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Disk is how long the disk takes to make a commit durable.
type Disk struct {
	CommitP50 float64 `json:"commit_p50_seconds"`
	CommitP99 float64 `json:"commit_p99_seconds"`
}

const (
	commits     = 300
	commitBytes = 4096
	diskTime    = 3 * time.Second // after which fewer commits are enough
)

// measureDisk appends to a file as the journal does, and syncs it each time.
func measureDisk(ctx context.Context, dir string) (d Disk, err error) {
	f, err := os.Create(filepath.Join(dir, "commits"))
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	block := make([]byte, commitBytes)
	var took []time.Duration
	for began := time.Now(); len(took) < commits && time.Since(began) < diskTime; {
		if err := ctx.Err(); err != nil {
			return d, err
		}
		at := time.Now()
		if _, err := f.Write(block); err != nil {
			return d, err
		}
		if err := f.Sync(); err != nil {
			return d, err
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	d.CommitP50 = took[len(took)/2].Seconds()
	d.CommitP99 = took[len(took)*99/100].Seconds()
	return d, nil
}
