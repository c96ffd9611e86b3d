package api

// Build describes the running program: the answer of GET /version.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"` // "+" at the end marks uncommitted changes
	Go      string `json:"go,omitempty"`
}

// Health is the answer of GET /healthz and GET /readyz.
type Health struct {
	Status string `json:"status"` // ok, ready, unavailable
	Reason string `json:"reason,omitempty"`
}
