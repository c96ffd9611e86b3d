package admin

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// room describes a room, and its connections.
func (s *Server) room(w http.ResponseWriter, r *http.Request) error {
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		d, err := s.cfg.Engine.RoomDetail(ctx, key)
		if err != nil {
			return err
		}
		connections, _ := s.cfg.Clients.Connections(ConnectionQuery{
			Room: key, Limit: httpapi.MaxPageLimit,
		})
		detail := detailOf(d, connections)
		s.addLock(&detail)
		detail.Node = s.node()
		for i := range detail.Connections {
			detail.Connections[i].Node = s.node()
		}
		return httpapi.Answer(w, http.StatusOK, detail)
	})
}

// addLock adds by whom a room that is locked was locked, and when.
func (s *Server) addLock(d *api.RoomDetail) {
	if !d.Locked {
		return
	}
	for _, lock := range s.cfg.Engine.Locks() {
		if lock.Subject == d.Name {
			d.LockedBy, d.LockedAt = lock.By, timeOf(lock.Made)
		}
	}
}

func (s *Server) lock(w http.ResponseWriter, r *http.Request) error { return s.setLock(w, r, true) }

func (s *Server) unlock(w http.ResponseWriter, r *http.Request) error {
	return s.setLock(w, r, false)
}

func (s *Server) setLock(w http.ResponseWriter, r *http.Request, locked bool) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		if err := s.freshDecisions(ctx); err != nil {
			return err
		}
		if err := s.cfg.Engine.Lock(ctx, key, locked, by(r)); err != nil {
			return err
		}
		_, silence := s.nudge(r)
		what := map[bool]string{true: "lock", false: "unlock"}[locked]
		s.did(r, what, slog.String("room", key.String()))
		return httpapi.Answer(w, http.StatusOK, api.Locked{
			Room: key.String(), Locked: locked, Silence: silence,
		})
	})
}

// snapshot stores a snapshot of the room now.
func (s *Server) snapshot(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		version, err := s.cfg.Engine.Snapshot(ctx, key, by(r))
		if err != nil {
			return err
		}
		s.did(r, "snapshot", slog.String("room", key.String()))
		return httpapi.Answer(w, http.StatusOK, api.Saved{Room: key.String(), Version: version})
	})
}

// evict saves the room and unloads it. Its clients come back, and load it anew.
func (s *Server) evict(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		if err := s.cfg.Engine.Evict(ctx, key, by(r)); err != nil {
			return err
		}
		s.did(r, "evict", slog.String("room", key.String()))
		return httpapi.Answer(w, http.StatusOK, api.Evicted{Room: key.String(), Evicted: true})
	})
}

// refresh fetches the record of the room at once, if the room is loaded and has one.
func (s *Server) refresh(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		if err := s.cfg.Engine.Refresh(ctx, key); err != nil {
			return err
		}
		s.did(r, "refresh", slog.String("room", key.String()))
		return httpapi.Answer(w, http.StatusOK, api.Refreshed{Room: key.String(), Refreshed: true})
	})
}

// locks lists the rooms that are locked, loaded or not.
func (s *Server) locks(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	offset, limit := pageOf(q, r)
	if err := q.Err(); err != nil {
		return err
	}
	_ = s.freshDecisions(r.Context()) // those that are known are better than none
	all := s.cfg.Engine.Locks()
	part, next := httpapi.Cut(all, offset, limit)
	return httpapi.Answer(w, http.StatusOK, api.LockPage{
		Locks: httpapi.Converted(part, lockOf), Total: len(all), NextOffset: next,
	})
}

// kick closes the connections that a user has to the room.
func (s *Server) kick(w http.ResponseWriter, r *http.Request) error {
	var body api.Kick
	if err := httpapi.ReadBody(w, r, &body); err != nil {
		return err
	}
	if body.User == "" {
		return httpapi.Invalid(api.FieldError{Field: "/user", Detail: "must be the id of a user"})
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		n, err := s.cfg.Engine.Kick(ctx, key, body.User, by(r))
		if err != nil {
			return err
		}
		s.did(r, "kick", slog.String("room", key.String()), slog.String("user", body.User))
		return httpapi.Answer(w, http.StatusOK, api.Disconnected{Connections: n})
	})
}

// readNotice reads a notice.
func readNotice(w http.ResponseWriter, r *http.Request) (n api.Notice, err error) {
	if err = httpapi.ReadBody(w, r, &n); n.Level == "" {
		n.Level = "info"
	}
	return n, err
}

// noticeRoom sends a notice to the people in the room.
func (s *Server) noticeRoom(w http.ResponseWriter, r *http.Request) error {
	body, err := readNotice(w, r)
	if err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		n, err := s.cfg.Engine.Notice(ctx, key, body.Level, body.Text, by(r))
		if err != nil {
			return err
		}
		s.did(r, "notice", slog.String("room", key.String()), slog.Int("peers", n))
		return httpapi.Answer(w, http.StatusOK, api.Noticed{Peers: n})
	})
}

// noticeAll sends a notice to everybody.
func (s *Server) noticeAll(w http.ResponseWriter, r *http.Request) error {
	body, err := readNotice(w, r)
	if err != nil {
		return err
	}
	n, err := s.cfg.Engine.NoticeAll(body.Level, body.Text, by(r))
	if err != nil {
		return explain(err)
	}
	s.did(r, "notice", slog.Int("peers", n))
	all := api.Noticed{Peers: n}
	if !s.alone(r) {
		parts, silence := askOthers[api.Noticed](s, r, call{post, "/v1/notice", nil, body})
		for _, part := range parts {
			all.Peers += part.value.Peers
		}
		all.Silence = silence
	}
	return httpapi.Answer(w, http.StatusOK, all)
}
