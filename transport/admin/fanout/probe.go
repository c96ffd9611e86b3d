package fanout

import (
	"encoding/json"
	"net/http"
	"time"
)

// Answer is what a node says of itself when it is asked whether it is there.
type Answer struct {
	Name       string    `json:"name"`
	SeesShared bool      `json:"sees_shared"` // its Redis answers
	At         time.Time `json:"at"`          // by its clock
}

// probePath is the path of a probe.
const probePath = "/probe"

func (a Answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // fails only if the caller has gone
}
