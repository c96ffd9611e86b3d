package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/doctor"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
)

// doctorCommand checks whether a server with this configuration runs well on this machine.
type doctorCommand struct {
	app.Flags
	JSON bool `name:"json" help:"Print one JSON object."`
}

var errUnwell = errors.New("something is wrong; the lines that begin with fail say what to do")

// Run implements kong's command.
func (f doctorCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := f.Load()
	subject := c.Examine(err)
	running := operate.Reach{Config: f.Config, DataDir: f.DataDir}
	subject.Forwarded = running.Forwarded
	if subject.Redis != nil {
		subject.Nodes = func(ctx context.Context) ([]doctor.Node, error) {
			return nodes(ctx, running)
		}
	}
	found := doctor.Run(ctx, subject)
	if f.JSON {
		err = doctor.PrintJSON(os.Stdout, found)
	} else {
		err = doctor.Print(os.Stdout, found)
	}
	if err == nil && doctor.Failed(found) {
		err = errUnwell
	}
	return err
}

// nodes returns the nodes as the running server sees them.
func nodes(ctx context.Context, running operate.Reach) (all []doctor.Node, err error) {
	self, found, err := running.Nodes(ctx)
	for _, n := range found {
		node := doctor.Node{
			Name: n.Name, Address: n.Address, Self: n.Name == self, Silent: n.Silent,
			RoundTrip: times(n.RoundTripSeconds), Ahead: times(n.ClockAheadSeconds),
		}
		if !n.Ready {
			node.NotReady = n.Reason
		}
		all = append(all, node)
	}
	return all, err
}

func times(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
