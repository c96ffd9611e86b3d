package documents

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// NewDocument is the body of POST /v1/documents.
type NewDocument struct {
	Room     string `json:"room"`
	Format   string `json:"format"`             // markdown, text, or yjs: an update in base64
	Content  string `json:"content"`            // must not be empty
	Fragment string `json:"fragment,omitempty"` // name of the root; needed for a text
}

// content returns the content as the body of a PUT has it.
func (n *NewDocument) content() ([]byte, error) {
	if n.Format != formatYjs {
		return []byte(n.Content), nil
	}
	b, err := base64.StdEncoding.DecodeString(n.Content)
	if err != nil {
		err = httpapi.Invalid(api.FieldError{Field: "/content", Detail: "must be base64"})
	}
	return b, err
}

// create creates a document.
func (s *Server) create(r *request) error {
	var body NewDocument
	err := httpapi.ReadBodyOf(r.w, r.Request, 2*r.now.DocumentBytes, &body)
	if err != nil {
		return err
	}
	f := form{body.Format, body.Fragment}
	key, err := roomkey.Parse(body.Room)
	if err != nil {
		return httpapi.Invalid(api.FieldError{Field: "/room", Detail: "must name a room, such as notes"})
	}
	if f.format != formatYjs && f.format != formatMarkdown && f.format != formatText {
		return httpapi.Invalid(api.FieldError{
			Field: "/format", Detail: "must be one of yjs, markdown, text",
		})
	}
	if !r.caller.May(access.Create, body.Room) {
		return s.forbidden(r, access.Create)
	}
	content, err := body.content()
	if err != nil {
		return err
	}
	return s.passBody(r, body.Room, body, func() error {
		return s.beginNew(r, key, f, content)
	})
}

// beginNew creates a document with content.
func (s *Server) beginNew(r *request, key roomkey.Key, f form, content []byte) error {
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	return explain(s.begin(ctx, r, key, f, content))
}

// putNew creates the document of the path.
func (s *Server) putNew(r *request, f form) error {
	if !r.caller.May(access.Create, r.PathValue("room")) {
		return s.forbidden(r, access.Create)
	}
	content, err := r.body()
	if err != nil {
		return err
	}
	return r.withRoom(func(ctx context.Context, key roomkey.Key) error {
		err := s.begin(ctx, r, key, f, content)
		if errors.Is(err, engine.ErrExists) {
			return problem(http.StatusPreconditionFailed, PreconditionFailed, err.Error())
		}
		return err
	})
}

// begin creates a document with content.
func (s *Server) begin(
	ctx context.Context, r *request, key roomkey.Key, f form, content []byte,
) error {
	if name := key.String(); name == "." || name == ".." {
		return httpapi.Invalid(api.FieldError{Field: "/room", Detail: "no path could name it"})
	}
	edit := engine.Edit{Create: true, ReadAfter: true}
	err := s.converting(ctx, r.now, func() (err error) {
		edit.Update, err = f.first(r.now, content)
		return err
	})
	if err != nil {
		return err
	}
	done, err := s.edit(ctx, r, key, edit)
	if err != nil {
		return err
	}
	s.metrics.edits[editCreate].Inc()
	h := r.w.Header()
	h.Set("Location", Path+"/"+url.PathEscape(key.String()))
	h.Set("ETag", tagOf(done.Document, f.format).String())
	if f.format != formatYjs {
		if _, err := s.rendered(ctx, r.now, f.key(key, done.Document), f, done.State); err != nil {
			return err
		}
	}
	return httpapi.Answer(r.w, http.StatusCreated, Edited{
		Room: key.String(), Version: done.Version, Changed: done.Changed,
	})
}

// emptyState is the state of a document without content.
var emptyState = []byte{0, 0}

// first returns the update with which a document begins that has some content.
func (f form) first(now *current, content []byte) (update []byte, err error) {
	switch {
	case f.format == formatYjs:
		var u yjs.CheckedUpdate
		if u, err = yjs.CheckUpdate(content); err != nil {
			return nil, fmt.Errorf("%w: %w", engine.ErrUpdate, err)
		}
		if u.HasStructs() {
			update = content
		}
	case !utf8.Valid(content):
		return nil, notText("the content")
	case f.format == formatText && f.fragment == "":
		return nil, wrongParameter("fragment", "is needed: the name of the text in the document")
	default:
		update, err = f.edit(now, emptyState, f.fragment, string(content))
	}
	if err == nil && len(update) == 0 {
		err = httpapi.Invalid(api.FieldError{
			Field: "/content", Detail: "must not be empty: a document exists from its first content on",
		})
	}
	return update, err
}
