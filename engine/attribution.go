package engine

import (
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// loadAuthors begins with the authors that are stored: the form of a snapshot, and rows.
func (r *room) loadAuthors(form []byte, rows [][]byte) {
	some := len(form) > 0
	for _, row := range rows {
		_, f, _, _ := stored.SplitRow(row)
		some = some || len(f.Authors) > 0
	}
	r.restoreAuthors(form, some)
}

// restoreAuthors reads the authors that a snapshot has. some is set if there are
// authors in the store. The next row then says that they end, if they are not kept any more.
func (r *room) restoreAuthors(form []byte, some bool) {
	if c := r.e.cfg(); c.NoAuthors {
		r.unauthored = r.unauthored || some
	} else {
		r.authors = stored.AuthorsOf(form, c.AuthorRuns)
	}
}

// authorsOfRow returns the form of the authors for the next row, which has all changes of the
// document since the last one. It is valid until the next call. mu is held.
func (r *room) authorsOfRow() []byte {
	if r.unauthored {
		r.unauthored = false
		r.authors.ClearRow()
		r.authors.Forget()
		return authors.ForgetRow
	}
	if n := r.authors.TakeDropped(); n > 0 {
		r.e.metrics.droppedAuthors.Add(n)
	}
	return r.authors.Row()
}

// appendAuthors appends the form of the authors for a snapshot with a note of so many bytes. Beside
// a note that takes nearly all the room that there is for both, they are left out.
func (r *room) appendAuthors(dst []byte, note int) []byte {
	if r.authors == nil || note > snapshot.MaxNote-snapshot.MaxAuthors {
		return dst
	}
	return r.authors.Append(dst)
}

// applyBy merges an update, with the user whom its new structs and deletions count as. mu is held.
func (r *room) applyBy(u yjs.CheckedUpdate, by Author) ydoc.Result {
	if r.authors == nil {
		return r.doc.Apply(u)
	}
	return r.doc.ApplyBy(u, r.authors.Number(by), r.authors)
}

// author returns the user of the session: what its client claims counts for nothing. mu is held.
func (p *Peer) author() Author {
	return Author{ID: p.identity.ID, Name: p.identity.Name}
}

// authorsForm returns the form of everything that is known. mu is held.
func (r *room) authorsForm() []byte {
	if r.compressed.blob == nil {
		return r.appendAuthors(nil, 0)
	}
	info, _ := snapshot.Stat(r.compressed.blob) // of an encoded snapshot
	return info.Authors
}
