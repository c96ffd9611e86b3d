package api

// Draining is the answer of POST /v1/drain.
type Draining struct {
	Draining bool `json:"draining"` // always true
}
