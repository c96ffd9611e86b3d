package admin

import (
	_ "embed"
	"net/http"
	"os"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/exposition"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// status sums up the server, and all nodes.
func (s *Server) status(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NewQuery(r).Err(); err != nil {
		return err
	}
	st := s.ownStatus()
	if !s.alone(r) {
		parts, silence := askOthers[api.Status](s, r, call{get, "/v1/status", nil, nil})
		st = sumUp(st, parts)
		st.Silence = silence
	}
	return httpapi.Answer(w, http.StatusOK, st)
}

// sumUp adds the numbers of all nodes.
func sumUp(own api.Status, parts []part[api.Status]) api.Status {
	all := own
	all.Nodes = []api.Status{own}
	for _, part := range parts {
		st := part.value
		all.Nodes = append(all.Nodes, st)
		all.Rooms += st.Rooms
		all.OccupiedRooms += st.OccupiedRooms
		all.FailingRooms += st.FailingRooms
		all.Peers += st.Peers
		all.DocumentBytes += st.DocumentBytes
		all.HeldBytes += st.HeldBytes
		all.UnstoredUpdates += st.UnstoredUpdates
		all.UpdatesPerSecond += st.UpdatesPerSecond
	}
	slices.SortFunc(all.Nodes, func(a, b api.Status) int { return strings.Compare(a.Node, b.Node) })
	return all
}

// ownStatus sums up this server.
func (s *Server) ownStatus() api.Status {
	st := api.Status{
		Build: s.cfg.Build, Node: s.node(), PID: os.Getpid(), StartedAt: s.started.UTC(),
		UptimeSeconds: time.Since(s.started).Seconds(), Ready: true,
		LockedRooms: len(s.cfg.Engine.Locks()),
	}
	if err := s.cfg.Ready(); err != nil {
		st.Ready, st.Reason = false, err.Error()
	}
	s.cfg.Engine.EachRoom(func(r engine.RoomInfo) { addRoom(&st, &r) })
	readRuntime(&st)
	return st
}

func addRoom(st *api.Status, r *engine.RoomInfo) {
	st.Rooms++
	if r.Peers > 0 {
		st.OccupiedRooms++
	}
	if r.Failing != 0 {
		st.FailingRooms++
	}
	st.Peers += r.Peers
	st.DocumentBytes += r.DocumentBytes
	st.HeldBytes += r.HeldBytes
	st.UnstoredUpdates += r.Unstored
	st.UpdatesPerSecond += r.UpdateRate
}

// readRuntime reads metrics of the runtime, which does not stop the program for them.
func readRuntime(st *api.Status) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/sched/goroutines:goroutines"},
	}
	metrics.Read(samples)
	st.HeapBytes, st.MemoryBytes = samples[0].Value.Uint64(), samples[1].Value.Uint64()
	st.Goroutines = int(samples[2].Value.Uint64())
}

// healthz answers that the process runs.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return httpapi.Answer(w, http.StatusOK, api.Health{Status: "ok"})
}

// readyz answers a load balancer that asks whether to send clients here.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) error {
	if err := s.cfg.Ready(); err != nil {
		body := api.Health{Status: "unavailable", Reason: err.Error()}
		return httpapi.Answer(w, http.StatusServiceUnavailable, body)
	}
	body := api.Health{Status: "ready"}
	if s.cfg.Remark != nil {
		body.Reason = s.cfg.Remark()
	}
	return httpapi.Answer(w, http.StatusOK, body)
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) error {
	return httpapi.Answer(w, http.StatusOK, s.cfg.Build)
}

func (s *Server) writeMetrics(w http.ResponseWriter, r *http.Request) error {
	exposition.Serve(w, r, s.cfg.Metrics)
	return nil
}

//go:embed openapi.json
var openAPI []byte

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", httpapi.JSONType)
	_, _ = w.Write(openAPI) // fails only if the client has gone
	return nil
}
