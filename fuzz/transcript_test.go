package fuzz

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// A failure is a rule that was broken.
type failure struct {
	Rule string // its name; shrinking keeps it
	Text string // what was observed
	Step int    // the update after which it was seen, counted from 0
}

func (f *failure) Error() string { return fmt.Sprintf("%s (update %d): %s", f.Rule, f.Step, f.Text) }

// The transcript of a scenario, as worker/compare.mjs reads it. Numbers stand for blobs.
type (
	transcript struct {
		Op      string `json:"op"`
		GC      bool   `json:"gc"`
		Hostile bool   `json:"hostile"`
		Strict  bool   `json:"strict"`
		Steps   []step `json:"steps"`
	}
	step struct {
		Update  int    `json:"update"`
		Vector  int    `json:"vector"`            // AppendStateVector after it
		Waiting bool   `json:"waiting"`           // whether anything is pending
		Cut     bool   `json:"cut"`               // whether AppendChanges was called
		Changes []int  `json:"changes,omitempty"` // its changes, if any, in parts
		Keep    bool   `json:"keep,omitempty"`    // whether a later diff starts here
		Check   *check `json:"check,omitempty"`
	}
	check struct {
		Joins []join `json:"joins"`
		Diffs []diff `json:"diffs"`
		View  *int   `json:"view,omitempty"` // the content as the view reads it; not of hostile documents
	}
	join struct {
		Name  string `json:"name"`
		Parts []int  `json:"parts"`
	}
	diff struct {
		Name   string `json:"name"`
		Have   int    `json:"have"`           // the state vector it answers
		Base   *int   `json:"base,omitempty"` // the kept step that state vector is from; else it is made up
		Listed bool   `json:"listed"`         // the answer leaves out clients that have does not list
		Update int    `json:"update"`
	}
)

// recorder applies the updates of a scenario to a document, and records the results of its methods.
type recorder struct {
	transcript
	blobs [][]byte
	doc   ydoc.Doc
	rand  *rand.Rand
	kept  []kept

	shorter *ydoc.Doc // a compacted form of the document as it was a while ago
	over    bool      // later steps are not compared any more
}

// kept is a step that diffs can start from, and its state vector.
type kept struct{ step, vector int }

// record returns the transcript of s, or the first failure that shows without Yjs.
func record(s scenario) (r *recorder, err error) {
	r = &recorder{transcript: transcript{Op: "compare", GC: s.GC, Hostile: s.Hostile, Strict: s.Strict, Steps: []step{}}, rand: rand.New(rand.NewPCG(uint64(len(s.Updates)), uint64(s.size())))}
	at := 0
	defer func() {
		if p := recover(); p != nil {
			err = &failure{"panic", fmt.Sprintf("%v\n%s", p, debug.Stack()), at}
		}
	}()
	for i, update := range s.Updates {
		at = i
		if err := r.apply(s, i, update); err != nil {
			return r, failed(err, i)
		}
	}
	return r, nil
}

func failed(err error, step int) error {
	f := &failure{Rule: "document", Text: err.Error()}
	errors.As(err, &f)
	f.Step = step
	return f
}

func (r *recorder) put(blob []byte) int {
	r.blobs = append(r.blobs, blob)
	return len(r.blobs) - 1
}

func (r *recorder) apply(s scenario, i int, update []byte) error {
	u, err := yjs.CheckUpdate(update)
	if r.over || err != nil && s.Hostile {
		return nil
	} else if err != nil {
		return &failure{Rule: "refused", Text: err.Error()}
	}
	refused, err := r.merge(u)
	if err != nil {
		return err
	}
	if refused != nil {
		if !s.Hostile {
			return &failure{Rule: "refused", Text: refused.Error()}
		}
		// The references receive the merged part only, as clients do.
		update = r.doc.AppendState(nil)
		if r.over = r.doc.PendingSize() > 0; r.over {
			return nil
		}
	}
	st := step{Update: r.put(update), Vector: r.put(r.doc.AppendStateVector(nil)), Waiting: r.doc.PendingSize() > 0}
	last := i == len(s.Updates)-1
	if last || (i+1)%s.Batch == 0 {
		if err := r.cut(&st, s.Split); err != nil {
			return err
		}
	}
	if s.Reload > 0 && (i+1)%s.Reload == 0 {
		if err := r.reload(); err != nil {
			return err
		}
	}
	if s.Compact > 0 && (i+1)%s.Compact == 0 {
		if err := r.compact(); err != nil {
			return err
		}
	}
	if st.Cut && (last || (i+1)%s.Every == 0) {
		if st.Check, err = r.check(); err != nil {
			return err
		}
	}
	r.Steps = append(r.Steps, st)
	return nil
}
