package standin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
)

// Snapshot returns the snapshot of a record.
func (a *API) Snapshot(id string) (blob []byte, version string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.snapshots[id]
	blob, _ = base64.StdEncoding.DecodeString(s.blob)
	return blob, s.version.String(), ok
}

func (a *API) getSnapshot(q query) reply {
	id := q.PathValue("id")
	s, ok := a.snapshots[id]
	if !ok {
		return failure(http.StatusNotFound, "SNAPSHOT_NOT_FOUND", "Snapshot not found")
	}
	return success(http.StatusOK, object{
		"recordId": id, "snapshot": s.blob, "timestamp": s.timestamp, "version": s.version,
	})
}

func (a *API) postSnapshot(q query) reply {
	id := q.PathValue("id")
	var in struct {
		Snapshot string
		Version  json.Number
	}
	if err := json.Unmarshal(q.body, &in); err != nil || in.Snapshot == "" {
		return failure(http.StatusBadRequest, "", "Invalid request data")
	}
	if a.published[id] == nil && a.drafts[id] == nil {
		return failure(http.StatusNotFound, "RECORD_NOT_FOUND", "Record not found")
	}
	s := snapshot{in.Snapshot, in.Version, a.now()}
	a.snapshots[id] = s
	return success(http.StatusOK, object{
		"recordId": id, "timestamp": s.timestamp, "version": s.version,
	})
}
