package cluster

import "encoding/json"

// announcement is what a node stores of itself in Redis, as JSON. Fields may be added; what a node
// does not know it ignores.
type announcement struct {
	Number  uint64          `json:"n"` // grows with each announcement
	Address string          `json:"addr"`
	PutBack []string        `json:"put"`  // generation of each shard to which this node has put back
	Calm    bool            `json:"calm"` // it has known these generations for Config.TTL
	Oldest  int             `json:"oldest"`
	Newest  int             `json:"newest"`
	More    json.RawMessage `json:"more,omitempty"` // of Config.Describe
}

// decodeAnnouncement returns what a node has announced. A node whose announcement cannot be read
// has no address, and has put back nothing.
func decodeAnnouncement(b []byte) (a announcement) {
	if json.Unmarshal(b, &a) != nil {
		return announcement{}
	}
	return a
}

// hasPutBack reports whether the node has put back what a shard of this generation may lack.
func (a announcement) hasPutBack(shard int, generation string) bool {
	return shard < len(a.PutBack) && a.PutBack[shard] == generation
}
