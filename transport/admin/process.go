package admin

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// logLevels returns the levels of all areas.
func (s *Server) logLevels(w http.ResponseWriter, _ *http.Request) error {
	return httpapi.Answer(w, http.StatusOK, api.LogLevels{Areas: s.cfg.Logs.Levels()})
}

// levels are the levels of the log, from the one with most lines on.
var levels = []string{"debug", "info", "warn", "error"}

// setLogLevels changes levels until the configuration is loaded again. If one is wrong, none is
// changed.
func (s *Server) setLogLevels(w http.ResponseWriter, r *http.Request) error {
	var body api.LogLevels
	if err := httpapi.ReadBody(w, r, &body); err != nil {
		return err
	}
	if errs := checkLevels(body, s.cfg.Logs.Levels()); len(errs) > 0 {
		return httpapi.Invalid(errs...)
	}
	if body.Level != "" {
		if err := s.cfg.Logs.SetLevel("", body.Level); err != nil {
			return err
		}
	}
	for area, level := range body.Areas {
		if err := s.cfg.Logs.SetLevel(area, level); err != nil {
			return err
		}
	}
	s.did(r, "log-level", slog.String("level", body.Level), slog.Any("areas", body.Areas))
	return s.logLevels(w, r)
}

// checkLevels returns what is wrong with levels that are to be set; known has all areas.
func checkLevels(l api.LogLevels, known map[string]string) (errs []api.FieldError) {
	const wants = "must be one of debug, info, warn, error"
	if l.Level == "" && len(l.Areas) == 0 {
		errs = append(errs, api.FieldError{Field: "/level", Detail: "is missing, as is areas"})
	}
	if l.Level != "" && !slices.Contains(levels, l.Level) {
		errs = append(errs, api.FieldError{Field: "/level", Detail: wants})
	}
	for area, level := range l.Areas {
		field := "/areas/" + pointer.Replace(area)
		if known[area] == "" {
			errs = append(errs, api.FieldError{Field: field, Detail: "is no area"})
		} else if !slices.Contains(levels, level) {
			errs = append(errs, api.FieldError{Field: field, Detail: wants})
		}
	}
	return errs
}

// pointer escapes a name for a JSON pointer (RFC 6901).
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// configuration answers with the configuration that is in effect.
func (s *Server) configuration(w http.ResponseWriter, _ *http.Request) error {
	return httpapi.Answer(w, http.StatusOK, s.cfg.Configuration())
}

// reload reads the configuration again, and puts into effect what can change while people write.
func (s *Server) reload(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	result, err := s.cfg.Reload(r.Context(), by(r))
	if err != nil {
		return httpapi.Problem(http.StatusConflict, api.ConfigurationInvalid, err.Error())
	}
	s.did(r, "reload", slog.Any("changed", result.Changed))
	return httpapi.Answer(w, http.StatusOK, result)
}

// drain begins the shutdown of the program.
func (s *Server) drain(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NoBody(r); err != nil {
		return err
	}
	s.did(r, "drain")
	err := httpapi.Answer(w, http.StatusAccepted, api.Draining{Draining: true})
	s.cfg.Drain(by(r))
	return err
}
