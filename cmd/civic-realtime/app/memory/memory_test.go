package memory

import (
	"bytes"
	"io"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// system returns a file system with these files.
func system(files map[string]string) fstest.MapFS {
	all := fstest.MapFS{"proc/meminfo": {Data: []byte("MemTotal:       8000000 kB\nMemFree: 1 kB\n")}}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

const (
	v1Group = "12:cpu,cpuacct:/a/b\n4:memory:/a/b\n0::/\n"
	v2Group = "0::/a/b\n"
	inV1    = "sys/fs/cgroup/memory/"
	inV2    = "sys/fs/cgroup/"
	noLimit = "9223372036854771712\n"
)

// TestLimit shows which limit counts: that of the group of the process, or of one around it, in
// both versions, in a container whose paths are those outside of it, and the one of the
// configuration if that is lower.
func TestLimit(t *testing.T) {
	for name, test := range map[string]struct {
		files  map[string]string
		wanted string
		limit  int64
		from   string
	}{
		"no group":             {nil, "", 0, "memory.limit"},
		"no group, wanted":     {nil, "1GiB", 1 << 30, "memory.limit"},
		"no group, percentage": {nil, "50%", 4096000000, "memory.limit"},
		"version 1": {map[string]string{
			"proc/self/cgroup": v1Group, inV1 + "a/b/memory.limit_in_bytes": "1000\n", inV1 + "a/b/memory.usage_in_bytes": "1\n",
			inV1 + "a/memory.limit_in_bytes": noLimit, inV1 + "memory.limit_in_bytes": noLimit,
		}, "", 1000, "the control group"},
		"version 1, nested": {map[string]string{
			"proc/self/cgroup": v1Group, inV1 + "a/b/memory.limit_in_bytes": noLimit, inV1 + "a/b/memory.usage_in_bytes": "1\n",
			inV1 + "a/memory.limit_in_bytes": "500\n", inV1 + "memory.limit_in_bytes": noLimit,
		}, "", 500, "the control group"},
		"version 1, in a container": {map[string]string{
			"proc/self/cgroup": v1Group, inV1 + "memory.limit_in_bytes": "700\n", inV1 + "memory.usage_in_bytes": "1\n",
		}, "", 700, "the control group"},
		"version 1, no limit": {map[string]string{
			"proc/self/cgroup": v1Group, inV1 + "memory.limit_in_bytes": noLimit, inV1 + "memory.usage_in_bytes": "1\n",
		}, "", 0, "memory.limit"},
		"version 2": {map[string]string{
			"proc/self/cgroup": v2Group, inV2 + "a/b/memory.max": "900\n", inV2 + "a/b/memory.current": "1\n",
			inV2 + "a/memory.max": "max\n", inV2 + "a/memory.current": "1\n",
		}, "", 900, "the control group"},
		"version 2, nested": {map[string]string{
			"proc/self/cgroup": v2Group, inV2 + "a/b/memory.max": "900\n", inV2 + "a/b/memory.current": "1\n",
			inV2 + "a/memory.max": "300\n", inV2 + "a/memory.current": "1\n",
		}, "", 300, "the control group"},
		"version 2, lower wanted": {map[string]string{
			"proc/self/cgroup": v2Group, inV2 + "a/b/memory.max": "1000\n", inV2 + "a/b/memory.current": "1\n",
		}, "50%", 500, "memory.limit"},
		"version 2, higher wanted": {map[string]string{
			"proc/self/cgroup": v2Group, inV2 + "a/b/memory.max": "1000\n", inV2 + "a/b/memory.current": "1\n",
		}, "1GiB", 1000, "the control group"},
		"version 2, the root": {map[string]string{
			"proc/self/cgroup": "0::/\n", inV2 + "memory.current": "1\n",
		}, "", 0, "memory.limit"},
	} {
		t.Run(name, func(t *testing.T) {
			var wanted Size
			if test.wanted != "" {
				var err error
				if wanted, err = ParseSize(test.wanted); err != nil {
					t.Fatal(err)
				}
			}
			if limit, from := newMeter(system(test.files), wanted).Limit(); limit != test.limit || from != test.from {
				t.Errorf("%d by %s, want %d by %s", limit, from, test.limit, test.from)
			}
		})
	}
}

// TestUsage shows that sockets count, and files do not.
func TestUsage(t *testing.T) {
	stat := "cache 60\nactive_file 1\ninactive_file 2\ntotal_active_file 10\ntotal_inactive_file 20\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"version 1": {map[string]string{
			"proc/self/cgroup": v1Group, inV1 + "a/b/memory.limit_in_bytes": "1000\n", inV1 + "a/b/memory.usage_in_bytes": "100\n",
			inV1 + "a/b/memory.stat": stat, inV1 + "a/b/memory.kmem.tcp.usage_in_bytes": "7\n",
		}, 77},
		"version 2": {map[string]string{
			"proc/self/cgroup": v2Group, inV2 + "a/b/memory.max": "1000\n", inV2 + "a/b/memory.current": "100\n",
			inV2 + "a/b/memory.stat": stat,
		}, 97},
	} {
		if got := newMeter(system(test.files), Size{}).Usage(); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	pages := map[string]string{
		"proc/self/statm": "1000 300 100 1 0 2 0\n", "proc/net/sockstat": "sockets: used 9\nTCP: inuse 4 orphan 0 tw 0 alloc 5 mem 50\nUDP: inuse 1 mem 9\n",
	}
	process, none := newMeter(system(pages), Size{Bytes: 1 << 30}).Usage(), newMeter(system(nil), Size{Bytes: 1 << 30}).Usage()
	if process%250 != 0 || process == 0 || none <= 0 {
		t.Errorf("%d bytes are no 250 pages; %d bytes where the system says nothing", process, none)
	}
	held := bytes.Repeat([]byte{1}, 16<<20) // the kernel counts a part of a process's pages late
	if own := NewMeter(Size{Bytes: math.MaxInt64 / 4}).Usage(); own < 8<<20 {
		t.Errorf("this process has %d bytes", own)
	}
	runtime.KeepAlive(held)
}

// TestParseSize shows which sizes are read.
func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{
		"1": {Bytes: 1}, "512MiB": {Bytes: 512 << 20}, "2G": {Bytes: 2 << 30}, "1.5 GB": {Bytes: 1.5e9}, "75%": {Percent: 75}, "100 %": {Percent: 100},
	} {
		if got, err := ParseSize(text); got != want || err != nil {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "5 bananas", "0%", "101%", "NaN%", "1e30", "MiB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// rooms is an engine with rooms to evict.
type rooms struct {
	evicted int
	refuses []bool
}

func (r *rooms) EvictIdle(n int) int { r.evicted += n; return n }

func (r *rooms) RefuseRooms(refuse bool) { r.refuses = append(r.refuses, refuse) }

// TestThresholds shows what is done at which use: one log line and one warning an episode, relief
// as long as it lasts, refusals from the higher threshold on until five percent below it, and that
// garbage is collected before anything of that, but not all the time.
func TestThresholds(t *testing.T) {
	var used, garbage int64
	var log strings.Builder
	collections, engine := 0, new(rooms)
	w := &Watcher{
		cfg: Config{Engine: engine, Warn: DefaultWarn, Refuse: DefaultRefuse, Log: slog.New(slog.NewTextHandler(&log, nil))}, limit: 1000,
		usage:   func() int64 { return used + garbage },
		collect: func() { collections++; garbage = 0 },
	}
	now := time.Unix(1, 0)
	for _, step := range []struct {
		used, garbage int64
		pressure      int32
		evicts        bool
		remark        string
	}{
		{700, 0, none, false, ""},
		{700, 200, none, false, ""}, // garbage is collected
		{800, 0, warned, true, "80% of the memory is used"},
		{899, 0, warned, true, "89% of the memory is used"},
		{900, 0, refusing, true, "90% of the memory is used"},
		{851, 0, refusing, true, "85% of the memory is used"},
		{849, 0, warned, true, "84% of the memory is used"},
		{751, 0, warned, true, "75% of the memory is used"},
		{749, 0, none, false, ""},
		{950, 0, refusing, true, "95% of the memory is used"},
		{100, 0, none, false, ""},
	} {
		used, garbage = step.used, step.garbage
		before := engine.evicted
		now = now.Add(interval)
		w.step(now)
		if got := w.pressure.Load(); got != step.pressure || (engine.evicted > before) != step.evicts || w.Remark() != step.remark {
			t.Errorf("at %d: pressure %d, evicts %v, %q", step.used, got, engine.evicted > before, w.Remark())
		}
	}
	if w.warnings.Load() != 2 || collections != 5 || len(engine.refuses) != 4 || !engine.refuses[0] || engine.refuses[1] {
		t.Errorf("%d warnings, %d collections, %v", w.warnings.Load(), collections, engine.refuses)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 5 {
		t.Errorf("%d lines: %s", lines, &log)
	}
	now = now.Add(collectPause)
	used = 900
	if w.step(now); collections != 6 {
		t.Errorf("%d collections after the pause", collections)
	}
	w.WriteMetrics(io.Discard)
}
