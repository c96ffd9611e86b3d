package admin

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// ErrBackupRunning is an error of Config.Backup: another backup is being made.
var ErrBackupRunning = errors.New("another backup is being made")

// backup answers with a backup of the store. If that fails after a part of it was sent, the
// connection is closed without an end of the answer.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	if s.cfg.Backup == nil {
		return httpapi.Problem(http.StatusConflict, api.Conflict, "this server stores nothing")
	}
	release, err := s.takeStream(w, httpapi.AnswerTime)
	if err != nil {
		return err
	}
	defer release()
	out := httpapi.NewWriter(w)
	w.Header().Set("Content-Type", httpapi.BinaryType)
	err = s.cfg.Backup(r.Context(), out)
	switch {
	case err == nil:
		s.did(r, "backup", slog.Int64("bytes", out.Written))
		return nil
	case out.Written > 0:
		s.log.Error("backup failed", slog.String("reason", err.Error()),
			slog.Int64("bytes", out.Written))
		out.Cut()
		return nil
	case errors.Is(err, ErrBackupRunning):
		return httpapi.Problem(http.StatusConflict, api.Conflict, err.Error())
	}
	return err
}
