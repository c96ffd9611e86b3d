package admin

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// connections lists connections.
func (s *Server) connections(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	want := ConnectionQuery{
		After: q.ID("after"), Limit: q.Number("limit", httpapi.PageLimit, 1, httpapi.MaxPageLimit),
		Room: q.Room("room"), User: q.Text("user"), Address: q.Address("address"),
	}
	if err := q.Err(); err != nil {
		return err
	}
	page := s.connectionPage(want)
	if !s.alone(r) {
		parts, silence := askOthers[api.ConnectionPage](s, r, call{
			get, "/v1/connections", r.URL.Query(), nil,
		})
		page = mergeConnections(page, parts, want.Limit)
		page.Silence = silence
	}
	return httpapi.Answer(w, http.StatusOK, page)
}

// connectionPage returns a page of the connections of this server.
func (s *Server) connectionPage(want ConnectionQuery) (page api.ConnectionPage) {
	found, more := s.cfg.Clients.Connections(want)
	if page.Connections = append([]api.Connection{}, found...); more {
		page.NextAfter = found[len(found)-1].ID
	}
	for i := range page.Connections {
		page.Connections[i].Node = s.node()
	}
	return page
}

// mergeConnections returns the first connections of all nodes, in the order of their ids, which
// differ among nodes.
func mergeConnections(
	page api.ConnectionPage, parts []part[api.ConnectionPage], limit int,
) api.ConnectionPage {
	more := page.NextAfter > 0
	for _, part := range parts {
		page.Connections = append(page.Connections, part.value.Connections...)
		more = more || part.value.NextAfter > 0
	}
	slices.SortFunc(page.Connections, func(a, b api.Connection) int {
		return cmp.Compare(a.ID, b.ID)
	})
	var next int
	page.Connections, next = httpapi.Cut(page.Connections, 0, limit)
	if page.NextAfter = 0; more || next > 0 {
		page.NextAfter = page.Connections[len(page.Connections)-1].ID
	}
	return page
}

// disconnect closes a connection.
func (s *Server) disconnect(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	reason := q.Text("reason")
	if err := q.Err(); err != nil {
		return err
	}
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	id, err := strconv.ParseUint(r.PathValue("connection"), 10, 64)
	found := false
	if err == nil {
		if found, err = s.cfg.Clients.Disconnect(id, reason, by(r)); err != nil {
			return explain(err)
		}
	}
	if found {
		s.did(r, "disconnect", slog.Uint64("connection", id))
		return httpapi.Answer(w, http.StatusOK, api.Disconnected{Connections: 1})
	}
	if !s.alone(r) {
		return s.disconnectElsewhere(w, r)
	}
	return httpapi.Problem(http.StatusNotFound, api.ConnectionNotFound, "it may have ended already")
}

// disconnectElsewhere closes a connection of another node.
func (s *Server) disconnectElsewhere(w http.ResponseWriter, r *http.Request) error {
	parts, silence := askOthers[api.Disconnected](s, r, call{
		del, r.URL.EscapedPath(), r.URL.Query(), nil,
	})
	for _, part := range parts {
		if part.problem == nil {
			return httpapi.Answer(w, http.StatusOK, part.value)
		}
	}
	text := "it may have ended already"
	if silence.Partial {
		text = "some nodes do not answer: " + strings.Join(silence.Silent, ", ")
	}
	return httpapi.Problem(http.StatusNotFound, api.ConnectionNotFound, text)
}

// maxBan is the longest time for which a user can be kept out.
const maxBan = 10 * 365 * 24 * time.Hour

// until returns the end of a ban, the zero time if there is to be none.
func until(d api.Disconnect, now time.Time) (time.Time, error) {
	switch {
	case d.Until != nil && d.ForSeconds != 0:
		return now, httpapi.Invalid(api.FieldError{Field: "/until", Detail: "excludes for_seconds"})
	case d.ForSeconds < 0 || d.ForSeconds > maxBan.Seconds() || math.IsNaN(d.ForSeconds):
		return now, httpapi.Invalid(api.FieldError{
			Field: "/for_seconds", Detail: fmt.Sprintf("must be from 0 to %.0f", maxBan.Seconds()),
		})
	case d.Until != nil && d.Until.Sub(now) > maxBan:
		return now, httpapi.Invalid(api.FieldError{
			Field: "/until", Detail: "is more than ten years ahead",
		})
	case d.Until != nil:
		return *d.Until, nil
	case d.ForSeconds > 0:
		return now.Add(time.Duration(d.ForSeconds * float64(time.Second))), nil
	}
	return time.Time{}, nil
}

// disconnectUser closes the connections of a user, who may be kept out for a time.
func (s *Server) disconnectUser(w http.ResponseWriter, r *http.Request) error {
	var body api.Disconnect
	if err := httpapi.ReadBody(w, r, &body); err != nil {
		return err
	}
	end, err := until(body, time.Now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	user := r.PathValue("user")
	n, err := s.cfg.Clients.DisconnectUser(ctx, user, end, body.Reason, by(r))
	if err != nil {
		return explain(err)
	}
	all := api.Disconnected{Connections: n}
	if !end.IsZero() {
		n, all.Silence = s.nudge(r)
		all.Connections += n
	} else if !s.alone(r) {
		all = s.disconnectUserElsewhere(r, body, all)
	}
	attrs := []slog.Attr{slog.String("user", user), slog.Int("connections", all.Connections)}
	if !end.IsZero() {
		attrs = append(attrs, slog.Time("until", end))
	}
	s.did(r, "disconnect", attrs...)
	return httpapi.Answer(w, http.StatusOK, all)
}

// disconnectUserElsewhere closes the connections of a user to other nodes, and adds them to all.
func (s *Server) disconnectUserElsewhere(
	r *http.Request, body api.Disconnect, all api.Disconnected,
) api.Disconnected {
	parts, silence := askOthers[api.Disconnected](s, r, call{
		post, r.URL.EscapedPath(), nil, body,
	})
	for _, part := range parts {
		all.Connections += part.value.Connections
	}
	all.Silence = silence
	return all
}

// bans lists the users who are kept out.
func (s *Server) bans(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	offset, limit := pageOf(q, r)
	if err := q.Err(); err != nil {
		return err
	}
	_ = s.freshDecisions(r.Context()) // those that are known are better than none
	all := s.cfg.Engine.Bans()
	part, next := httpapi.Cut(all, offset, limit)
	return httpapi.Answer(w, http.StatusOK, api.BanPage{
		Bans: httpapi.Converted(part, banOf), Total: len(all), NextOffset: next,
	})
}

// unban lets a user in again.
func (s *Server) unban(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	user := r.PathValue("user")
	if err := s.freshDecisions(ctx); err != nil {
		return explain(err)
	}
	found, err := s.cfg.Engine.Unban(ctx, user, by(r))
	if err != nil {
		return explain(err)
	}
	if !found {
		return httpapi.Problem(http.StatusNotFound, api.BanNotFound, "the user is not kept out")
	}
	s.did(r, "unban", slog.String("user", user))
	_, silence := s.nudge(r)
	return httpapi.Answer(w, http.StatusOK, api.Unbanned{User: user, Silence: silence})
}
