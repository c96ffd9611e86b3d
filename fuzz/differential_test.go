package fuzz

import (
	"errors"
	"fmt"
	"testing"
)

// run records s and compares it with Yjs. The error is a *failure, errUndecided, or the worker's.
func run(w *worker, s scenario) error {
	r, err := record(s)
	if err != nil {
		return err
	}
	return compared(w, r)
}

func compared(w *worker, r *recorder) error {
	var answer struct {
		Difference *struct {
			failure
			Undecided bool
		}
	}
	if _, err := w.Call(r.transcript, r.blobs, &answer); err != nil {
		return err
	}
	switch v := answer.Difference; {
	case v == nil:
		return nil
	case v.Undecided:
		return errUndecided
	default:
		return &v.failure
	}
}

// errUndecided is the error of a difference where Yjs documents differ from each other, too.
var errUndecided = errors.New("undecided")

// session lets the worker play a session and returns the updates that reached the server.
func session(w *worker, seed uint64) (scenario, error) {
	return played(w, "session", "TestDifferential", seed)
}

func played(w *worker, op, test string, seed uint64) (scenario, error) {
	var answer struct{ GC bool }
	request := map[string]any{"op": op, "seed": seed}
	updates, err := w.Call(request, nil, &answer)
	return scenario{
		Found:   fmt.Sprintf("%s, seed %d", test, seed),
		GC:      answer.GC,
		Batch:   1 + int(seed%3)*2,
		Every:   8 + int(seed%17),
		Split:   []int{0, splitLimit}[seed%2],
		Compact: []int{0, 1, 5, 16}[seed/2%4],
		Reload:  []int{0, 0, 7}[seed/8%3],
		Updates: updates,
	}, err
}

func TestDifferential(t *testing.T) {
	campaign{sessions: 1000, play: playSession}.run(t)
}

func playSession(p *player, seed uint64) (scenario, error) {
	s, err := session(p.worker, seed)
	if err != nil {
		return s, err
	}
	p.count(s.Updates)
	return s, p.countUndecided(run(p.worker, s))
}

// TestOrigins adds structs with any two origins to the updates of real clients. The reference is a
// Y.Doc that got the updates in order, even where other Y.Docs, which got them in other pieces,
// integrate them in another way.
func TestOrigins(t *testing.T) {
	campaign{sessions: 200, play: playOrigins}.run(t)
}

func playOrigins(p *player, seed uint64) (scenario, error) {
	s, err := played(p.worker, "origins", "TestOrigins", seed)
	if err != nil {
		return s, err
	}
	s.Strict = true
	p.count(s.Updates)
	return s, p.countUndecided(run(p.worker, s))
}

// asFailure returns the broken rule if err is a *failure, else nil.
func asFailure(err error) *failure {
	var f *failure
	errors.As(err, &f)
	return f
}
