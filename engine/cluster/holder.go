package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Holder has the rooms of this node: package engine/cluster/nodestore implements it. Its methods
// are called from goroutines of the Node, without a lock, and return soon; PutBack may take long.
type Holder interface {
	// Lost says that the lease of a room is another node's, or nobody's. The Node has forgotten it.
	Lost(room string)
	// LateWaits says that late updates wait for a room of this node.
	LateWaits(room string)
	// PutBack stores in Redis what this node has and the Redis of these shards may lack, as owner
	// or as late updates. The Node announces the new generations once it returns nil, and calls it
	// again after an error. Other nodes take no lease in these shards meanwhile.
	PutBack(ctx context.Context, changes []Change) error
	// Asked says that another node asks for a room of this one: it gives the room up if nobody is
	// connected to it.
	Asked(room string)
	// Version returns the version of a room for its renewal; 0: not known.
	Version(room string) uint64
}

// Change is a change of the generation of a shard of Redis.
type Change struct {
	Shard  int
	Before string // what this process has put back before; empty: nothing since its start
	Now    string
}

// Emptied reports whether a shard of generation now has nothing of what it had in the generation
// before, as its marker is another. Otherwise it has failed over or restarted, and may lack the
// newest writes.
func Emptied(before, now string) bool {
	a, _, _ := strings.Cut(before, ".")
	b, _, _ := strings.Cut(now, ".")
	return a != b
}

// Errors of a Node.
var (
	// ErrAway says that the owner of a room is not there, and that its lease is not over. It passes
	// within Config.TTL.
	ErrAway = errors.New("the node of the room is away")
	// ErrUnconfirmed says that a lease cannot be confirmed now.
	ErrUnconfirmed = errors.New("the lease of the room cannot be confirmed")
)

// ElsewhereError says that another node has the lease of a room.
type ElsewhereError struct{ Lease Lease }

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("room %q is at node %s", e.Lease.Room, e.Lease.Node)
}

// NotOwner is true: this node is not the owner.
func (e *ElsewhereError) NotOwner() bool { return true }

// Is makes an ElsewhereError an ErrNotOwner.
func (e *ElsewhereError) Is(target error) bool { return target == ErrNotOwner }
