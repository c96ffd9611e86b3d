package peers

import (
	"context"
	"net/netip"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/cluster"
)

// Node has the methods of *cluster.Node that are used here.
type Node interface {
	Name() string
	Nodes() []cluster.NodeInfo
	Owner(ctx context.Context, room string) (address string, err error)
	Status() cluster.Status
	SeesShared() bool
}

// Engine has the methods of *engine.Engine that are used here.
type Engine interface {
	ReloadDecisions(context.Context) (banned []engine.Decision, err error)
}

// Server has the methods of *transport.Server that are used here.
type Server interface {
	Counts() (byAddress map[netip.Addr]int, byUser map[string]int)
	Connected() int
	CloseBanned([]engine.Decision) (closed int)
}

// Parts are the parts of the program that are made after Peers. All must be set.
type Parts struct {
	Node   Node
	Engine Engine
	Server Server
	// Unsent returns how many bytes Redis does not have yet.
	Unsent func() int
}
