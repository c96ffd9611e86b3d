package documents

import (
	"context"
	"errors"
	"net/http"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// The names of problems, beside those of the admin API.
const (
	DocumentNotFound     = "document-not-found"    // 404
	DocumentExists       = "document-exists"       // 409
	WrongShape           = "wrong-shape"           // 409: the document has no content of that kind
	MergeConflict        = "merge-conflict"        // 409: others have changed the same words
	PreconditionFailed   = "precondition-failed"   // 412: If-Match names another version
	DocumentFull         = "document-full"         // 413
	InvalidUpdate        = "invalid-update"        // 422
	Locked               = "locked"                // 423: an administrator has locked the room
	PreconditionRequired = "precondition-required" // 428: If-Match is missing
	TooManyRequests      = "too-many-requests"     // 429
	Deleted              = "deleted"               // 410
	NotDeleted           = "not-deleted"           // 404: there is no tombstone
	Forbidden            = "forbidden"             // 403: the key or token is not for that
)

// problem is httpapi.Problem.
func problem(status int, name, detail string) *api.Problem {
	return httpapi.Problem(status, name, detail)
}

// wrongParameter returns the problem of a parameter.
func wrongParameter(name, detail string) error {
	return httpapi.Invalid(api.FieldError{Field: name, Detail: detail})
}

// MergeProblem is the problem of an edit that cannot be merged.
type MergeProblem struct {
	api.Problem
	Conflicts []Conflict `json:"conflicts,omitempty"` // only of MergeConflict
}

// Conflict is a place where the document and the edit have changed the same words.
type Conflict struct {
	Base   string `json:"base"`   // as the version had them that the edit is based on
	Mine   string `json:"mine"`   // as the edit has them
	Theirs string `json:"theirs"` // as the document has them
}

// conflict returns the problem of some conflicts.
func conflict(all []contents.Conflict) *MergeProblem {
	p := &MergeProblem{Problem: *problem(http.StatusConflict, MergeConflict,
		"others have changed the same words; read the document, and make the edit again")}
	for _, c := range all {
		p.Conflicts = append(p.Conflicts, Conflict(c))
	}
	return p
}

// known are errors with the problem that each is, and whose text is for the client.
var known = []struct {
	err    error
	status int
	name   string
}{
	{engine.ErrNoRoom, http.StatusNotFound, DocumentNotFound},
	{engine.ErrNoVersion, http.StatusNotFound, api.VersionNotFound},
	{engine.ErrDeleted, http.StatusGone, Deleted},
	{engine.ErrNotDeleted, http.StatusNotFound, NotDeleted},
	{engine.ErrOfRecord, http.StatusConflict, api.Conflict},
	{engine.ErrTooManyVersions, http.StatusConflict, api.Conflict},
	{engine.ErrExists, http.StatusConflict, DocumentExists},
	{engine.ErrOtherSeed, http.StatusConflict, api.Conflict},
	{engine.ErrRestoreLarge, http.StatusRequestEntityTooLarge, DocumentFull},
	{engine.ErrUnreadable, http.StatusConflict, api.Conflict},
	{engine.ErrMissing, http.StatusUnprocessableEntity, InvalidUpdate},
	{ydoc.ErrNesting, http.StatusUnprocessableEntity, InvalidUpdate},
	{engine.ErrUpdate, http.StatusUnprocessableEntity, InvalidUpdate},
	{engine.ErrLocked, http.StatusLocked, Locked},
	{engine.ErrReadOnly, http.StatusForbidden, Forbidden},
	{engine.ErrEditingOff, http.StatusConflict, api.Conflict},
	{engine.ErrDocumentTooLarge, http.StatusRequestEntityTooLarge, DocumentFull},
	{engine.ErrBusyRoom, http.StatusServiceUnavailable, api.Unavailable},
	{view.ErrBudget, http.StatusConflict, api.Conflict},
	{markdown.ErrTooLarge, http.StatusRequestEntityTooLarge, api.BodyTooLarge},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, api.Unavailable},
}

// errNoRoot is the error of an edit of a text whose root is not known.
var errNoRoot = errors.New("the document has no text that could be edited: " +
	"name one with the parameter fragment, or send Markdown")

// explain returns the problem that an error of the engine is; other errors are returned as they
// are.
func explain(err error) error {
	if shape, ok := errors.AsType[*contents.ShapeError](err); ok {
		return problem(http.StatusConflict, WrongShape, shape.Error())
	}
	switch {
	case errors.Is(err, engine.ErrVersionName):
		return httpapi.Invalid(api.FieldError{Field: "/name", Detail: err.Error()})
	case errors.Is(err, errors.ErrUnsupported):
		return problem(http.StatusConflict, api.Conflict, "this server keeps no versions")
	}
	if errors.Is(err, errNoRoot) {
		return problem(http.StatusConflict, WrongShape, err.Error())
	}
	if errors.As(err, new(interface{ Damaged() })) {
		return problem(http.StatusConflict, api.Conflict,
			"what is stored is damaged: an administrator has to repair it")
	}
	if moved, ok := errors.AsType[interface {
		error
		NotOwner() bool
	}](err); ok && moved.NotOwner() {
		return problem(http.StatusServiceUnavailable, api.Unavailable,
			"another node has just taken the document over; try again")
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return problem(k.status, k.name, k.err.Error())
		}
	}
	refused, ok := errors.AsType[*engine.CloseError](err) // as a client's join would be
	if !ok {
		return err
	}
	switch refused.Code {
	case engine.CloseRoomNotFound:
		return problem(http.StatusNotFound, DocumentNotFound, refused.Reason)
	case engine.CloseForbidden:
		return problem(http.StatusForbidden, Forbidden, refused.Reason)
	}
	return problem(http.StatusServiceUnavailable, api.Unavailable, refused.Reason)
}
