package api

import "time"

// Webhooks is the answer of GET /v1/webhooks.
type Webhooks struct {
	Endpoints []WebhookEndpoint `json:"endpoints"` // in the order of the configuration
}

// WebhookEndpoint is a receiver of events.
type WebhookEndpoint struct {
	Name     string     `json:"name"`
	URL      string     `json:"url"`                 // without a query
	Events   []string   `json:"events,omitempty"`    // empty: the default
	Rooms    []string   `json:"rooms,omitempty"`     // empty: all
	Waiting  int        `json:"waiting"`             // messages that are not delivered yet
	Parked   int        `json:"parked"`              // messages that were given up
	OldestAt *time.Time `json:"oldest_at,omitempty"` // of those that wait
	Failing  string     `json:"failing,omitempty"`   // why a message that waits was not delivered
	Off      string     `json:"off,omitempty"`       // why nothing is sent to it
	OffSince *time.Time `json:"off_since,omitempty"`
}

// WebhookMessage is a message that waits or is parked.
type WebhookMessage struct {
	ID       string     `json:"id"` // as in the header webhook-id
	Endpoint string     `json:"endpoint"`
	Event    string     `json:"event"`
	Room     string     `json:"room,omitempty"`
	At       time.Time  `json:"at"`
	Tries    int        `json:"tries"` // attempts that have failed
	NextAt   *time.Time `json:"next_at,omitempty"`
	ParkedAt *time.Time `json:"parked_at,omitempty"`
	Reason   string     `json:"reason,omitempty"` // for which the last attempt has failed
}

// WebhookMessagePage is the answer of GET /v1/webhooks/messages.
type WebhookMessagePage struct {
	Messages  []WebhookMessage `json:"messages"` // the oldest first
	NextAfter uint64           `json:"next_after,omitempty"`
}

// WebhookSelection is the body of POST /v1/webhooks/retry and drop: the parked message with an id,
// or all of an endpoint, or with All all of them.
type WebhookSelection struct {
	ID       string `json:"id,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	All      bool   `json:"all,omitempty"`
}

// WebhookCount is the answer to that.
type WebhookCount struct {
	Messages int `json:"messages"`
}

// WebhookTarget is the body of POST /v1/webhooks/enable and test, and their answer.
type WebhookTarget struct {
	Endpoint string `json:"endpoint"`
}
