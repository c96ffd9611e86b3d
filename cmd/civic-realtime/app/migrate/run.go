package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/imports"
)

// run is an import under way.
type run struct {
	*Options
	st     Store
	report *Report
	from   map[roomkey.Key]string // the documents of the rooms that were stored
}

// Run imports all documents of a source into a store; st is nil for an empty one, and DryRun. It
// goes on after documents that fail. Its error is the context's, or of the store: what was stored
// before stays. Else the report says all. Run does not close the source.
func (o *Options) Run(ctx context.Context, from imports.Source, st Store) (*Report, error) {
	if st == nil {
		st = nothing{}
	}
	report := &Report{From: o.Rooms.From, DryRun: o.DryRun, Problems: []Problem{}}
	r := run{o, st, report, make(map[roomkey.Key]string)}
	for d := range from.Documents() {
		if err := ctx.Err(); err != nil {
			return r.report, err
		}
		if err := r.document(ctx, d); err != nil {
			return r.report, err
		}
	}
	return r.report, nil
}

// document imports a document. It fails if the store does.
func (r *run) document(ctx context.Context, d imports.Document) error {
	if d.Lost {
		r.fail(Problem{Lost: true, Reason: d.Err.Error()})
		return nil
	}
	p := Problem{Name: d.Name}
	doc, err := merge(d.Updates)
	if err = errors.Join(d.Err, err); err == nil && isEmpty(doc) {
		r.report.Empty++
		return nil
	}
	room, wrongName := r.Rooms.Room(d.Name)
	p.Room = room.String()
	switch before, twice := r.from[room]; {
	case wrongName != nil:
		r.fail(p.because(wrongName))
		return nil
	case err != nil && (!r.Partly || isEmpty(doc)):
		r.fail(p.because(err))
		return nil
	case twice && r.Existing != Merge:
		r.fail(p.because(fmt.Errorf("%q has the same room, %q", before, room)))
		return nil
	}
	return r.save(ctx, p, incoming{room, doc, len(d.Updates)}, err)
}

// save stores a document, of which missing says why it is not whole; nil: it is.
func (r *run) save(ctx context.Context, p Problem, d incoming, missing error) error {
	what, err := r.Options.save(ctx, r.st, d)
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	if err != nil {
		r.fail(p.because(err))
		if isAboutDocument(err) {
			return nil
		}
		return fmt.Errorf("storing %q: %w", d.room, err)
	}
	size := d.doc.Size()
	r.count(what, size)
	if p.Imported = true; what == present || what == skipped {
		return nil
	}
	r.from[d.room] = p.Name
	if missing != nil {
		r.note(p.because(fmt.Errorf("imported without what cannot be read: %w", missing)))
	}
	if size > r.DocumentBytes {
		r.note(p.because(fmt.Errorf("has %d bytes, more than limits.document_bytes: unless most of that is deleted, it can be read, and not grow", size)))
	}
	return nil
}

// isAboutDocument reports whether an error is about the stored data of one room, and not about the
// whole store.
func isAboutDocument(err error) bool {
	var damaged interface{ Damaged() }
	return errors.Is(err, errExists) || errors.Is(err, errStored) || errors.Is(err, errDeleted) ||
		errors.As(err, &damaged)
}

// count counts a document that was stored, or did not need to be.
func (r *run) count(what outcome, size int) {
	counter := map[outcome]*int{
		imported: &r.report.Imported, merged: &r.report.Merged, replaced: &r.report.Replaced,
		present: &r.report.Present, skipped: &r.report.Skipped,
	}[what]
	*counter++
	if what != present && what != skipped {
		r.report.Bytes += int64(size)
	}
}

func (p Problem) because(err error) Problem {
	p.Reason = err.Error()
	return p
}

func (r *run) fail(p Problem) {
	r.report.Failed++
	r.note(p)
}

func (r *run) note(p Problem) {
	r.report.Problems = append(r.report.Problems, p)
	if r.Each != nil {
		r.Each(p)
	}
}

// nothing is a store with nothing in it. It is not written.
type nothing struct{ Store }

// Load implements Store.
func (nothing) Load(context.Context, string) ([]byte, [][]byte, error) { return nil, nil, nil }
