package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// webhooks lists the endpoints of webhooks.
func (s *Server) webhooks(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	all, err := s.cfg.Webhooks.Endpoints(ctx)
	if err != nil {
		return explain(err)
	}
	all = append([]api.WebhookEndpoint{}, all...)
	return httpapi.Answer(w, http.StatusOK, api.Webhooks{Endpoints: all})
}

// webhookMessages lists messages that wait or are parked.
func (s *Server) webhookMessages(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	ask := WebhookQuery{
		Endpoint: q.Text("endpoint"), Parked: q.Word("parked", "false", "true") == "true",
		After: q.ID("after"), Limit: q.Number("limit", httpapi.PageLimit, 1, httpapi.MaxPageLimit),
	}
	if err := q.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	page, err := s.cfg.Webhooks.Messages(ctx, ask)
	if err != nil {
		return explain(err)
	}
	page.Messages = append([]api.WebhookMessage{}, page.Messages...)
	return httpapi.Answer(w, http.StatusOK, page)
}

func (s *Server) retryWebhooks(w http.ResponseWriter, r *http.Request) error {
	return s.doWebhooks(w, r, "retry webhooks", s.cfg.Webhooks.Retry)
}

func (s *Server) dropWebhooks(w http.ResponseWriter, r *http.Request) error {
	return s.doWebhooks(w, r, "drop webhooks", s.cfg.Webhooks.Drop)
}

// doWebhooks does something with parked messages.
func (s *Server) doWebhooks(
	w http.ResponseWriter, r *http.Request, what string,
	do func(ctx context.Context, endpoint, id string) (int, error),
) error {
	var body api.WebhookSelection
	if err := httpapi.ReadBody(w, r, &body); err != nil {
		return err
	}
	if body.All == (body.ID != "" || body.Endpoint != "") {
		return httpapi.Invalid(api.FieldError{
			Field: "/all", Detail: "must be true, unless there is an id or an endpoint",
		})
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	n, err := do(ctx, body.Endpoint, body.ID)
	if err != nil {
		return explainWebhooks(err)
	}
	s.did(r, what, slog.Int("messages", n))
	return httpapi.Answer(w, http.StatusOK, api.WebhookCount{Messages: n})
}

func (s *Server) enableWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.doWebhook(w, r, "enable webhook", s.cfg.Webhooks.Enable)
}

func (s *Server) testWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.doWebhook(w, r, "test webhook", s.cfg.Webhooks.Test)
}

// doWebhook does something with an endpoint.
func (s *Server) doWebhook(
	w http.ResponseWriter, r *http.Request, what string,
	do func(ctx context.Context, endpoint string) error,
) error {
	var body api.WebhookTarget
	if err := httpapi.ReadBody(w, r, &body); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	if err := do(ctx, body.Endpoint); err != nil {
		return explainWebhooks(err)
	}
	s.did(r, what, slog.String("endpoint", body.Endpoint))
	return httpapi.Answer(w, http.StatusOK, body)
}

// explainWebhooks returns the problem that an error of Webhooks is.
func explainWebhooks(err error) error {
	switch {
	case errors.Is(err, ErrNoEndpoint):
		return httpapi.Problem(http.StatusNotFound, api.EndpointNotFound, err.Error())
	case errors.Is(err, ErrEndpointOff):
		return httpapi.Problem(http.StatusConflict, api.Conflict, err.Error())
	case errors.Is(err, ErrNoMessage):
		return httpapi.Problem(http.StatusNotFound, api.MessageNotFound, err.Error())
	}
	return explain(err)
}
