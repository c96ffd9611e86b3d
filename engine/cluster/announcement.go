package cluster

import (
	"bytes"
	"encoding/json"
)

// announcement is what a node stores of itself in Redis: a line of JSON, and then what
// Config.Describe has returned. Fields may be added; what a node does not know it ignores.
type announcement struct {
	Number  uint64   `json:"n"` // grows with each announcement
	Address string   `json:"addr"`
	PutBack []string `json:"put"`  // generation of each shard to which this node has put back
	Calm    bool     `json:"calm"` // it has known these generations for Config.TTL
	Oldest  int      `json:"oldest"`
	Newest  int      `json:"newest"`
	more    []byte   // of Config.Describe
}

func (a announcement) encode() []byte {
	b, err := json.Marshal(a)
	if err != nil {
		panic(err) // it has strings and numbers only
	}
	return append(append(b, '\n'), a.more...)
}

// decodeAnnouncement returns what a node has announced. A node whose announcement cannot be read
// has no address, and has put back nothing.
func decodeAnnouncement(b []byte) (a announcement) {
	line, more, _ := bytes.Cut(b, []byte("\n"))
	if json.Unmarshal(line, &a) != nil {
		return announcement{}
	}
	a.more = more
	return a
}

// hasPutBack reports whether the node has put back what a shard of this generation may lack.
func (a announcement) hasPutBack(shard int, generation string) bool {
	return shard < len(a.PutBack) && a.PutBack[shard] == generation
}
