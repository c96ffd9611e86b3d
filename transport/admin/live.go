package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/history"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// history answers with the samples of the last hour, of several nodes with their sums.
func (s *Server) history(w http.ResponseWriter, r *http.Request) error {
	h := api.History{
		IntervalSeconds: int(history.Interval / time.Second), Samples: s.recorder.Samples(),
	}
	if !s.alone(r) {
		parts, silence := answered(askOthers[api.History](s, r, call{get, "/v1/history", nil, nil}))
		all := [][]api.Sample{h.Samples}
		for _, part := range parts {
			all = append(all, part.value.Samples)
		}
		h.Samples, h.Silence = history.Merge(all...), silence
	}
	return httpapi.Answer(w, http.StatusOK, h)
}

// readingPath is the path of the route at which other nodes read what this one has counted.
const readingPath = "/v1/reading"

// reading answers another node that takes a sample.
func (s *Server) reading(w http.ResponseWriter, _ *http.Request) error {
	return httpapi.Answer(w, http.StatusOK, s.recorder.Read())
}

// gatherOwn reads this server.
func (s *Server) gatherOwn(context.Context) (map[string]history.Reading, api.Silence) {
	return map[string]history.Reading{s.node(): s.recorder.Read()}, api.Silence{}
}

// gatherAll reads all nodes.
func (s *Server) gatherAll(ctx context.Context) (map[string]history.Reading, api.Silence) {
	all, silence := s.gatherOwn(ctx)
	r, err := http.NewRequestWithContext(ctx, get, readingPath, nil)
	if err != nil {
		return all, silence
	}
	parts, silence := answered(askOthers[history.Reading](s, r, call{get, readingPath, nil, nil}))
	for _, part := range parts {
		all[part.node.Name] = part.value
	}
	return all, silence
}

// live streams samples as server-sent events, until the client or the server ends. All streams have
// the same samples, and a slow reader misses some.
func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NewQuery(r).Err(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", httpapi.EventsType)
	if r.Method == http.MethodHead {
		return nil
	}
	release, err := s.takeStream(w, eventTime)
	if err != nil {
		return err
	}
	defer release()
	w.Header().Set("X-Accel-Buffering", "no") // nginx would collect events
	of := s.all
	if s.alone(r) {
		of = s.own
	}
	watch := of.Watch()
	defer watch.Close()
	stream := eventStream{w: w, control: http.NewResponseController(w)}
	for err == nil {
		select {
		case <-r.Context().Done():
			return nil
		case sample := <-watch.C:
			err = stream.send("sample", sample)
		}
	}
	return nil
}
