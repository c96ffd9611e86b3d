package transport

import (
	"context"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// waitingAuth blocks until its caller gives up.
type waitingAuth struct{ asked, ended chan struct{} }

func (a waitingAuth) Admit(ctx context.Context, _ string, _ roomkey.Key) (auth.Session, error) {
	a.asked <- struct{}{}
	<-ctx.Done()
	a.ended <- struct{}{}
	return auth.Session{}, ctx.Err()
}

// TestLeavesWhileJoining shows that the join of a client that leaves ends, whatever the client has
// sent before, and costs no further work.
func TestLeavesWhileJoining(t *testing.T) {
	for name, early := range map[string][]byte{"silent": nil, "with something said": masked(2, []byte("hello"))} {
		t.Run(name, func(t *testing.T) {
			auth := waitingAuth{make(chan struct{}, 1), make(chan struct{}, 1)}
			w := newWorld(t, withAuth(auth), with(Config{JoinTimeout: time.Hour}))
			c := dial(t, w, "/realtime/records/r")
			<-auth.asked
			if early != nil {
				c.write(early)
			}
			c.conn.Close()
			w.until("its attempt has ended", func() bool { return len(auth.ended) > 0 })
			w.until("its connection has ended", func() bool { return w.conns.size() == 0 })
		})
	}
}

// unreadyStore blocks in Load until its caller gives up.
type unreadyStore struct{ engine.Store }

func (unreadyStore) Load(ctx context.Context, _ string) ([]byte, [][]byte, error) {
	<-ctx.Done()
	return nil, nil, ctx.Err()
}

// TestJoinTimeout shows that a client whose room is not ready within Config.JoinTimeout is closed
// with a code after which it may come back.
func TestJoinTimeout(t *testing.T) {
	w := newWorld(t, withStore(unreadyStore{persist.NewMemory()}), with(Config{JoinTimeout: time.Millisecond}))
	dial(t, w, "/realtime/records/r").mustClose(engine.CloseUnavailable, "room is not ready yet, try again")
}
