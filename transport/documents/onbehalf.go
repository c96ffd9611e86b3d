package documents

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// maxUser is the length of the longest id and name of a user, in bytes.
const maxUser = 255

// person is the user for whom a program edits.
type person struct{ id, name string }

// personOf returns the user for whom a request edits; the zero person if it edits for nobody.
func (r *request) personOf() (p person, err error) {
	text := strings.TrimSpace(r.Header.Get(onBehalfOf))
	if text == "" {
		return p, nil
	}
	id, rest, _ := strings.Cut(text, ";")
	name, named := strings.CutPrefix(strings.TrimSpace(rest), "name=")
	p.id, err = url.PathUnescape(strings.TrimSpace(id))
	if err == nil && named {
		p.name, err = url.PathUnescape(strings.Trim(name, `"`))
	}
	if err != nil || rest != "" && !named || !isUser(p.id) || p.name != "" && !isUser(p.name) {
		return p, wrongParameter(onBehalfOf, "must be a user's id, or one with ;name=, percent-encoded")
	}
	if p.name == "" {
		p.name = p.id
	}
	return p, nil
}

// isUser reports whether a text can be the id or the name of a user.
func isUser(text string) bool {
	return text != "" && len(text) <= maxUser && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, unicode.IsControl)
}

// editor returns the user in whose name a request edits.
func (r *request) editor() (identity engine.Identity, p person, err error) {
	p, err = r.personOf()
	identity = engine.Identity{
		ID: r.caller.UserID, Name: r.caller.UserName, Credential: r.now.Credential,
	}
	return identity, p, err
}

// by returns the user who asks for something, as versions have it.
func (r *request) by() (engine.Author, error) {
	identity, p, err := r.editor()
	return engine.Author{ID: identity.ID, Name: identity.Name, OnBehalfOf: p.id}, err
}

// beforeAgent is the reason of the versions that are kept before a program edits for somebody.
const beforeAgent = "before edits of an agent"

// shownAfterEdit is how long a program that edits for somebody is shown after each edit.
const shownAfterEdit = 30 * time.Second

// edit makes an edit. Before the first one for somebody in a while the document is kept as a
// version, and after each the program is shown to the people in the room.
func (s *Server) edit(
	ctx context.Context, r *request, key roomkey.Key, edit engine.Edit,
) (done engine.EditResult, err error) {
	identity, p, err := r.editor()
	if err != nil {
		return done, err
	}
	edit.By, edit.OnBehalfOf = identity, p.id
	if p.id != "" && !edit.Create {
		by := engine.Author{ID: identity.ID, Name: identity.Name, OnBehalfOf: p.id}
		_, err = s.cfg.Engine.EnsureVersion(ctx, key, beforeAgent, by, r.now.AgentVersions)
		keepsNone := errors.Is(err, errors.ErrUnsupported) || errors.Is(err, engine.ErrNoRoom)
		if err != nil && !keepsNone {
			return done, err
		}
	}
	if done, err = s.cfg.Engine.Edit(ctx, key, edit); err == nil && p.id != "" {
		s.showAgent(ctx, r, key, p)
	}
	return done, err
}

// showAgent shows a program to the people in a room for a while.
func (s *Server) showAgent(ctx context.Context, r *request, key roomkey.Key, p person) {
	user := User{ID: r.caller.UserID, Name: r.caller.UserName + " (for " + p.name + ")"}
	if _, err := s.show(ctx, r, key, user, nil, shownAfterEdit); err != nil {
		s.log.Debug("agent is not shown: " + err.Error())
	}
}
