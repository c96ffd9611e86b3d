package doctor

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// spareFiles is how many files a server needs beside its connections.
const spareFiles = 200

// checkFiles compares the limit on open files with that on connections.
func checkFiles(_ context.Context, s *Subject) []Finding {
	n, whose := limitOf(s.RunningPID), "the running server"
	if n == 0 {
		var known bool
		if n, known = openFiles(); !known {
			return nil
		}
		whose = "this user"
	}
	return []Finding{enoughFiles(n, uint64(s.Connections), whose)}
}

// enoughFiles compares a limit on open files with one on connections. A server with fewer files
// refuses clients before limits.connections says so, and serves the others; it fails with fewer
// than half of them.
func enoughFiles(n, connections uint64, whose string) Finding {
	need := connections + spareFiles
	advice := fmt.Sprintf("set LimitNOFILE=%d in the unit of systemd, or ulimit -n %[1]d, or lower limits.connections", need)
	switch {
	case n >= need:
		return ok("%s may have %d files open, enough for %d connections", whose, n, connections)
	case n < connections/2+spareFiles:
		return fail(advice, "%s may have %d files open, and limits.connections is %d", whose, n, connections)
	}
	return warn(advice, "%s may have %d files open, enough for %d connections; limits.connections is %d",
		whose, n, n-spareFiles, connections)
}

// limitOf returns the limit on open files of another process, 0 if it is not known.
func limitOf(pid int) uint64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/limits")
	if pid == 0 || err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "Max open files"); found {
			if fields := strings.Fields(rest); len(fields) > 1 {
				n, _ := strconv.ParseUint(fields[0], 10, 64)
				return n
			}
		}
	}
	return 0
}

// checkMemory compares the limit on memory with what the configured caches take.
func checkMemory(_ context.Context, s *Subject) []Finding {
	if s.MemoryLimit == nil {
		return nil
	}
	limit, from := s.MemoryLimit()
	if limit == 0 {
		return []Finding{ok("there is no limit on the memory of the process")}
	}
	if limit < s.MemoryWanted {
		return []Finding{warn("raise the limit, or lower snapshots.kept_bytes, drafts.kept_bytes and limits.unfinished_bytes",
			"the limit is %s (%s), and the configuration allows caches and messages of %s",
			size(uint64(limit)), from, size(uint64(s.MemoryWanted)))}
	}
	return []Finding{ok("the limit is %s (%s)", size(uint64(limit)), from)}
}

// watchClock is how long the two clocks of the machine are compared.
const watchClock = 100 * time.Millisecond

// checkClock compares the clock with the monotonic one, which nobody sets.
func checkClock(ctx context.Context, _ *Subject) []Finding {
	began := time.Now()
	select {
	case <-time.After(watchClock):
	case <-ctx.Done():
		return nil
	}
	return []Finding{compareSteps(began, time.Now())}
}

// compareSteps compares how long it was between two times by both clocks.
func compareSteps(began, ended time.Time) Finding {
	const most = 50 * time.Millisecond
	byMonotonic := ended.Sub(began)
	byWall := ended.Round(0).Sub(began.Round(0))
	if step := byWall - byMonotonic; step.Abs() > most {
		return warn("let NTP slew the clock, and look for a second program that sets it",
			"the clock was set by %v just now; times of versions and of tokens depend on it", step)
	}
	if ended.Year() < 2024 {
		return fail("set the clock", "the clock says %s", ended.Format(time.DateOnly))
	}
	return ok("it runs evenly")
}
