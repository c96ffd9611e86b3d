package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

// ran returns a run in which a delivered update took that many microseconds of CPU, and had that
// many milliseconds of latency. Redis took as many milliseconds and bytes, so that rows show which
// run they are of.
func ran(us int) measured {
	const delivered = 1000
	m := measured{cpu: time.Duration(us) * delivered * time.Microsecond}
	m.report = load.Report{Due: delivered, Delivered: delivered, Took: time.Second,
		Latency: load.NewLatencies(), Late: load.NewLatencies()}
	m.report.Latency.Add(time.Duration(us) * time.Millisecond)
	m.report.Late.Add(time.Duration(us) * time.Microsecond)
	m.redis, m.memory.used = time.Duration(us)*time.Millisecond, int64(us)
	return m
}

// TestMedianOf shows which of several runs counts, in whatever order they were.
func TestMedianOf(t *testing.T) {
	for _, test := range []struct {
		runs  []int
		wrong map[int]bool // the runs with wrong documents
		want  int
	}{
		{runs: []int{20}, want: 20},
		{runs: []int{11, 12, 13, 14, 15, 16, 17}, want: 14},
		{runs: []int{17, 11, 14, 12, 16, 15, 13}, want: 14},
		{runs: []int{90, 80, 14, 14, 1, 2, 70}, want: 14},
		{runs: []int{17, 11, 14, 12, 16, 15, 13}, wrong: map[int]bool{13: true}, want: 13},
		{runs: []int{17, 11, 14, 12, 16, 15, 13}, wrong: map[int]bool{16: true, 11: true}, want: 11},
	} {
		t.Run(fmt.Sprint(test.runs, test.wrong), func(t *testing.T) {
			var runs []measured
			for _, us := range test.runs {
				m := ran(us)
				if test.wrong[us] {
					m.state = errors.New("it is another")
				}
				runs = append(runs, m)
			}
			m := medianOf(runs)
			ofRun := m.per() == float64(test.want) && m.memory.used == int64(test.want) &&
				m.redis == time.Duration(test.want)*time.Millisecond
			if !ofRun || (m.state != nil) != (test.wrong != nil) {
				t.Errorf("%v µs, %v and %d bytes of Redis, %v: want all of the run with %d",
					m.per(), m.redis, m.memory.used, m.state, test.want)
			}
		})
	}
}

// TestMedianLatency shows that the latencies are those of all runs, each counted once, also when a
// run has wrong documents.
func TestMedianLatency(t *testing.T) {
	for _, state := range []error{nil, errors.New("it is another")} {
		runs := []measured{ran(10), ran(900), ran(20)}
		runs[0].state = state
		r := medianOf(runs).report
		if r.Latency.Count() != 3 || r.Late.Count() != 3 {
			t.Errorf("%d latencies and %d delays of three runs", r.Latency.Count(), r.Late.Count())
		}
		if r.Latency.Quantile(1) < 900*time.Millisecond || r.Late.Quantile(1) < 900*time.Microsecond {
			t.Errorf("at most %v, late by %v", r.Latency.Quantile(1), r.Late.Quantile(1))
		}
	}
}

// TestMedianRows shows that the rows print the CPU, the Redis and the documents of the median run.
func TestMedianRows(t *testing.T) {
	m := medianOf([]measured{ran(300), ran(100), ran(200)})
	for _, test := range []struct{ figure, want string }{
		{m.figure(), "200.00 µs CPU a delivered update, 20.0 % of the core, p99 3"},
		{m.ofRedis().Figure, "20.0 % of a core, 100 % of the nodes'"},
		{m.correct().Figure, "nothing of 1000 deliveries"},
	} {
		if !strings.HasPrefix(test.figure, test.want) {
			t.Errorf("%q, want %q", test.figure, test.want)
		}
	}
	wrong := ran(1)
	wrong.state = errors.New("it is another")
	if row := medianOf([]measured{ran(2), wrong, ran(3)}).correct(); row.OK {
		t.Error(row)
	}
}
