package admin

import (
	"net/http"
	"os"
	"runtime/metrics"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// status sums up the server.
func (s *Server) status(w http.ResponseWriter, r *http.Request) error {
	if err := newQuery(r).err(); err != nil {
		return err
	}
	st := api.Status{
		Build: s.cfg.Build, PID: os.Getpid(), StartedAt: s.started.UTC(),
		UptimeSeconds: time.Since(s.started).Seconds(), Ready: true,
		LockedRooms: len(s.cfg.Engine.Locks()),
	}
	if err := s.cfg.Ready(); err != nil {
		st.Ready, st.Reason = false, err.Error()
	}
	for _, r := range s.cfg.Engine.Rooms() {
		addRoom(&st, r)
	}
	readRuntime(&st)
	return answer(w, http.StatusOK, st)
}

func addRoom(st *api.Status, r engine.RoomInfo) {
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
