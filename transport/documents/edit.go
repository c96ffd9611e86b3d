package documents

import (
	"context"
	"errors"
	"net/http"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/documents/renderings"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Edited is the answer to an edit, which is durable then.
type Edited struct {
	Room    string `json:"room"`
	Version uint64 `json:"version"` // of the document after the edit
	Changed bool   `json:"changed"` // false: the document had that content
	Merged  bool   `json:"merged"`  // with changes that others have made since the version named
}

// errPrecondition says that a document is at another version than a request demands.
var errPrecondition = errors.New("the document is at another version")

// textEdit is an edit that gives a document another text.
type textEdit struct {
	s      *Server
	r      *request
	ctx    context.Context
	key    roomkey.Key
	form   form
	mine   string // the text that is sent
	match  tags   // If-Match
	merges bool   // the text may be merged with what others have written; else it replaces the text

	merged bool // the text was merged, in the last call of Make
}

// edit returns the edit for the engine.
func (e *textEdit) edit() engine.Edit {
	return engine.Edit{
		Make: e.make, Exact: !e.merges, ReadAfter: true,
	}
}

// make implements engine.Edit.Make.
func (e *textEdit) make(now engine.Document) (update []byte, err error) {
	if len(now.State) <= len(emptyState) {
		return nil, engine.ErrNoRoom
	}
	_, err = e.s.convert(e.ctx, e.r.now, func() (r renderings.Rendering, err error) {
		update, err = e.made(now)
		return r, err
	})
	return update, err
}

// made makes the update.
func (e *textEdit) made(now engine.Document) ([]byte, error) {
	shown, known := e.s.texts.Get(e.form.key(e.key, now))
	if !known { // it is not kept: the version may not be durable
		var err error
		if shown, err = e.form.render(e.r.now, now.State); err != nil {
			return nil, err
		}
	}
	to := e.mine
	if e.merged = !e.match.hasContent(tagOf(now, e.form.format)); e.merged {
		base, known := e.base()
		if !e.merges || !known {
			return nil, errPrecondition
		}
		var conflicts []contents.Conflict
		if to, conflicts = contents.Merge(base, e.mine, string(shown.Body)); conflicts != nil {
			return nil, conflict(conflicts)
		}
	}
	return e.form.edit(e.r.now, now.State, shown.Root, to)
}

// base returns the text that the edit is based on, if it is known.
func (e *textEdit) base() (text string, known bool) {
	for _, t := range e.match.list {
		d := engine.Document{Version: t.version, Incarnation: t.incarnation}
		if r, ok := e.s.texts.Get(e.form.key(e.key, d)); ok {
			return string(r.Body), true
		}
	}
	return "", false
}

// patch edits a document.
func (s *Server) patch(r *request) error {
	f, err := r.formOf()
	if err != nil {
		return err
	}
	if f.format == formatYjs {
		return s.patchUpdate(r, f)
	}
	return s.writeText(r, f, true)
}

// put replaces the text of a document, or creates the document.
func (s *Server) put(r *request) error {
	f, err := r.formOf()
	if err != nil {
		return err
	}
	if tagsIn(r.Header, ifNoneMatch).any {
		return s.putNew(r, f)
	}
	if f.format == formatYjs {
		return problem(http.StatusPreconditionRequired, PreconditionRequired, "an update is put "+
			"into a new document only, with If-None-Match: *; PATCH edits the document with one")
	}
	return s.writeText(r, f, false)
}

// writeText gives a document the text in the body.
func (s *Server) writeText(r *request, f form, merges bool) error {
	match := tagsIn(r.Header, ifMatch)
	if !match.set {
		return problem(http.StatusPreconditionRequired, PreconditionRequired,
			"send the ETag of the text that yours is based on as If-Match")
	}
	mine, err := r.text()
	if err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		err := s.mustExist(ctx, key)
		if err == nil {
			err = s.converting(ctx, r.now, func() (err error) {
				mine, err = f.normal(mine)
				return err
			})
		}
		if err != nil {
			return err
		}
		e := &textEdit{
			s: s, r: r, ctx: ctx, key: key, form: f, mine: mine, match: match, merges: merges,
		}
		done, err := s.edit(ctx, r, key, e.edit())
		switch {
		case errors.Is(err, errPrecondition):
			return s.atAnotherVersion(ctx, r, key, f.format)
		case errors.As(err, new(*MergeProblem)):
			s.metrics.conflicts.Inc()
		}
		if err != nil {
			return err
		}
		s.metrics.edits[kindOf(f.format)].Inc()
		return s.answerEdit(ctx, r, key, f, done, e.merged)
	})
}

func kindOf(format string) editKind {
	switch format {
	case formatText:
		return editText
	case formatMarkdown:
		return editMarkdown
	}
	return editUpdate
}

// atAnotherVersion returns the problem of a document that is at another version than the client
// demands, and adds the tag of the present one, which is durable.
func (s *Server) atAnotherVersion(
	ctx context.Context, r *request, key roomkey.Key, format string,
) error {
	d, err := s.cfg.Engine.ReadDocument(ctx, key, func(engine.Document) bool { return false })
	if err != nil {
		return err
	}
	r.w.Header().Set("ETag", tagOf(d, format).String())
	return problem(http.StatusPreconditionFailed, PreconditionFailed, "the document is at another "+
		"version, and the text of the one that is named is not known any more; read it again")
}

// answerEdit answers an edit. The text after it is kept, as the next edit may be based on it.
func (s *Server) answerEdit(
	ctx context.Context, r *request, key roomkey.Key, f form, done engine.EditResult, merged bool,
) error {
	t := tagOf(done.Document, f.format)
	r.w.Header().Set("ETag", t.String())
	if f.format != formatYjs {
		text, err := s.rendered(ctx, r.now, f.key(key, done.Document), f, done.State)
		if err != nil {
			return err
		}
		if r.prefersDocument() {
			r.w.Header().Set("Preference-Applied", "return=representation")
			writeDocument(r.w, mediaOf(f.format), text.Body)
			return nil
		}
	}
	return httpapi.Answer(r.w, http.StatusOK, Edited{
		Room: key.String(), Version: done.Version, Changed: done.Changed, Merged: merged,
	})
}

// patchUpdate merges an update.
func (s *Server) patchUpdate(r *request, f form) error {
	update, err := r.body()
	if err != nil {
		return err
	}
	edit := engine.Edit{Update: update}
	if match := tagsIn(r.Header, ifMatch); match.set {
		edit.Exact = true
		edit.Make = func(now engine.Document) ([]byte, error) {
			if !match.hasContent(tagOf(now, f.format)) {
				return nil, errPrecondition
			}
			return update, nil
		}
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		if err := s.mustExist(ctx, key); err != nil {
			return err
		}
		done, err := s.edit(ctx, r, key, edit)
		if errors.Is(err, errPrecondition) {
			return s.atAnotherVersion(ctx, r, key, f.format)
		}
		if err != nil {
			return err
		}
		s.metrics.edits[editUpdate].Inc()
		return s.answerEdit(ctx, r, key, f, done, false)
	})
}

// mustExist returns engine.ErrNoRoom if nobody has written anything in a room, unless that begins
// with the text of a record, which may not have been loaded yet.
func (s *Server) mustExist(ctx context.Context, key roomkey.Key) error {
	_, err := s.cfg.Engine.ReadDocument(ctx, key, func(engine.Document) bool { return false })
	if _, ok := key.Record(); ok && s.cfg.Records && errors.Is(err, engine.ErrNoRoom) {
		return nil
	}
	return err
}

// mustBeThere is mustExist for what does not edit: somebody who has a document open that nobody has
// written in yet has a document.
func (s *Server) mustBeThere(ctx context.Context, key roomkey.Key) error {
	err := s.mustExist(ctx, key)
	if errors.Is(err, engine.ErrNoRoom) && s.cfg.Engine.IsOpen(key) {
		return nil
	}
	return err
}
