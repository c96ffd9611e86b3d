package admin

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// ErrBackupRunning is an error of Config.Backup: another backup is being made.
var ErrBackupRunning = errors.New("another backup is being made")

// backup answers with a backup of the store. If that fails after a part of it was sent, the
// connection is closed without an end of the answer.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) error {
	if err := noBody(r); err != nil {
		return err
	}
	if s.cfg.Backup == nil {
		return problem(http.StatusConflict, api.Conflict, "this server stores nothing")
	}
	release, err := s.takeStream(w, answerTime)
	if err != nil {
		return err
	}
	defer release()
	out := &patientWriter{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", binaryType)
	err = s.cfg.Backup(r.Context(), out)
	switch {
	case err == nil:
		s.did(r, "backup", slog.Int64("bytes", out.written))
		return nil
	case out.written > 0:
		s.log.Error("backup failed", slog.String("reason", err.Error()),
			slog.Int64("bytes", out.written))
		out.cut()
		return nil
	case errors.Is(err, ErrBackupRunning):
		return problem(http.StatusConflict, api.Conflict, err.Error())
	}
	return err
}

// patientWriter writes an answer of any length: its client may take answerTime for each part.
type patientWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	written int64
}

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	_ = p.control.SetWriteDeadline(time.Now().Add(answerTime)) // fails for a connection without one
	n, err := p.w.Write(b)
	if p.written == 0 && err == nil {
		err = p.control.Flush() // the client knows that it has begun
	}
	p.written += int64(n)
	return n, err
}

// cut closes the connection, so that the client does not take the answer for a whole one.
func (p *patientWriter) cut() {
	conn, _, err := p.control.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, which this listener does not speak
	}
	_ = conn.Close() // it is over in any case
}
