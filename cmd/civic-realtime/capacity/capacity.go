// Package capacity measures how many people this machine carries. It starts a server of its own,
// as another process on a port and a directory of their own, lets clients of package load sit and
// type there, and computes from what the server used how many more there could be. It needs Linux.
//
// The model of use is a room of five people, one of whom types three characters and moves the
// cursor once a second. Nothing that others use is touched, but the measurement takes the whole
// machine while it lasts.
//
// Files, in layers; each uses only what is listed before it:
//
//	options.go model.go machine.go  what is measured; the people; the machine
//	disk.go server.go          the time of a commit; the server that is measured
//	result.go report.go        what was measured, as numbers and in words
//	capacity.go                the measurement
package capacity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

// MinTime is the shortest time in which something can be said.
const MinTime = 10 * time.Second

// ErrTooShort is returned for times below MinTime.
var ErrTooShort = fmt.Errorf("at least %v are needed", MinTime)

// ErrTooFew is returned if Options.Most is not enough for a room.
var ErrTooFew = fmt.Errorf("at least %d people are needed", inRoom)

// Measure measures the machine. Its error says why nothing could be measured, or is ErrTooBusy.
func Measure(ctx context.Context, o Options) (r Result, err error) {
	if o.For < MinTime {
		return r, ErrTooShort
	}
	dir, err := os.MkdirTemp(o.Dir, "bench-*")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if r.Machine, err = thisMachine(); err != nil {
		return r, err
	}
	if o.Most = min(cmp.Or(o.Most, r.Machine.people()), r.Machine.people()); o.Most < inRoom {
		return r, ErrTooFew
	}
	o.Progress("the disk")
	if r.Disk, err = measureDisk(ctx, dir); err != nil {
		return r, err
	}
	s, err := start(ctx, o, dir)
	if err != nil {
		return r, err
	}
	defer s.End()
	stream := load.Typed(int(updates*o.For.Seconds()) + 1)
	if r.Idle, err = s.measureIdle(ctx, o, stream); err != nil {
		return r, err
	}
	if r.Typing, err = s.measureTyping(ctx, o, stream); err != nil {
		return r, err
	}
	return r, r.conclude()
}

const (
	// idlePeople is how many connections are made to measure an idle one.
	idlePeople = 2000
	// firstPeople, growth and steps say with how many people the typing is measured: a step is
	// four times the one before.
	firstPeople = 100
	growth      = 4
	steps       = 5
)

// measureIdle measures connections that only renew their awareness, for a quarter of the time.
func (s *server) measureIdle(
	ctx context.Context, o Options, stream load.Stream,
) (i Idle, err error) {
	i.Connections = min(idlePeople, o.Most/inRoom*inRoom)
	o.Progress(fmt.Sprintf("%d idle connections", i.Connections))
	before, _ := s.Memory()
	f, err := load.Connect(ctx, s.target, shapeOf(i.Connections), stream)
	if err != nil {
		return i, err
	}
	defer f.Close()
	pace := load.Pace{Renew: renewal, For: o.For / 8}
	if _, err = f.Run(ctx, pace); err != nil {
		return i, err
	}
	used := s.CPU()
	report, err := f.Run(ctx, pace)
	if err != nil {
		return i, err
	}
	after, _ := s.Memory()
	i.BytesEach = max(0, after-before) / int64(i.Connections)
	i.CPUEach = (s.CPU() - used).Seconds() / report.Took.Seconds() / float64(i.Connections)
	return i, nil
}

// measureTyping measures more and more people who type, until a step is not carried well.
func (s *server) measureTyping(
	ctx context.Context, o Options, stream load.Stream,
) (all []Typing, err error) {
	people := firstPeople
	for range steps {
		people = min(people, o.Most/inRoom*inRoom)
		o.Progress(fmt.Sprintf("%d people in %d rooms, one of five typing", people, people/inRoom))
		t, err := s.measureStep(ctx, people, o.For/12, stream)
		if err != nil {
			return all, err
		}
		all = append(all, t)
		if !t.OK || people >= o.Most/inRoom*inRoom {
			break
		}
		people *= growth
	}
	return all, nil
}

// measureStep measures that many people, after a warm-up of a quarter of the time.
func (s *server) measureStep(
	ctx context.Context, people int, d time.Duration, stream load.Stream,
) (t Typing, err error) {
	f, err := load.Connect(ctx, s.target, shapeOf(people), stream)
	if err != nil {
		return t, err
	}
	defer f.Close()
	pace := load.Pace{Updates: updates, Moves: moves, For: d / 4, Patience: patience}
	if _, err = f.Run(ctx, pace); err != nil {
		return t, err
	}
	pace.For = d
	used := s.CPU()
	report, err := f.Run(ctx, pace)
	if err != nil {
		return t, err
	}
	return newTyping(people, s.CPU()-used, report), nil
}
