package operate

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// TopCommand shows the server and its busiest rooms, live.
type TopCommand struct {
	Server
	Every time.Duration `default:"2s" placeholder:"TIME" help:"Time between two looks at the server, at least 100ms (2s)."`
	Sort  string        `default:"rate" enum:"name,bytes,peers,rate" help:"Order of the rooms: ${enum}."`
}

// Run implements kong's command.
func (f *TopCommand) Run() (err error) {
	if f.JSON {
		return &Error{errors.New("top has no JSON; status --json and rooms --json have"), exitUsage}
	}
	f.Every = max(f.Every, 100*time.Millisecond)
	return f.run(func(ctx context.Context, c *client.Client) (err error) {
		first := look(ctx, &f.Server, c, view{sort: f.Sort})
		if first.err != nil {
			return first.err // said on the screen as it was
		}
		s, err := openScreen()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.close()) }() // also after a panic
		return f.live(ctx, c, s, first.view)
	})
}

// maxTopRooms is how many rooms are asked for: as many as a high terminal shows.
const maxTopRooms = 200

// looked is the result of a look at the server.
type looked struct {
	view
	err error
}

// look asks the server. After an error the result is the view before, with the reason.
func look(ctx context.Context, s *Server, c *client.Client, before view) looked {
	v, err := before, error(nil)
	v.now, v.fault = time.Now(), ""
	if v.status, err = c.Status(ctx); err == nil {
		var page api.RoomPage
		page, err = c.Rooms(ctx, client.RoomQuery{Sort: v.sort, Limit: maxTopRooms})
		v.rooms = page.Rooms
	}
	if err != nil {
		v.status, v.rooms = before.status, before.rooms
		v.fault = s.explain(err).Error()
	}
	return looked{v, err}
}

// sortKeys are the keys that choose an order.
var sortKeys = map[byte]string{'n': "name", 's': "bytes", 'p': "peers", 'u': "rate"}

const (
	interrupt = 3 // ^C, which the terminal does not turn into a signal
	endOfFile = 4 // ^D
)

// watcher looks at the server, once at a time, on a goroutine that lives for one look.
type watcher struct {
	look  func(view) looked
	looks chan looked // has room for the only result
	busy  bool
	again bool // another look is wanted when the present one is done
}

// start begins a look, or makes one follow the present one.
func (w *watcher) start(v view) {
	if w.again = w.busy; w.busy {
		return
	}
	w.busy = true
	go func() { w.looks <- w.look(v) }()
}

// again returns a client for where the server is now: one that was restarted may have another
// address, or token. Without a server it returns c.
func (f *TopCommand) again(c *client.Client) *client.Client {
	next, err := f.connect()
	if err != nil {
		return c
	}
	c.Close()
	return next
}

// live shows the server until q is pressed or ctx is done.
func (f *TopCommand) live(ctx context.Context, c *client.Client, s *screen, v view) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := watcher{looks: make(chan looked, 1)}
	w.look = func(v view) looked {
		l := look(ctx, &f.Server, c, v)
		if l.err != nil {
			c = f.again(c)
		}
		return l
	}
	keys := s.keys(ctx)
	changed, stop := resized()
	defer stop()
	next := time.NewTicker(f.Every)
	defer next.Stop()
	for {
		columns, rows := s.size()
		if err := s.show(frame(v, columns, rows)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-next.C:
			w.start(v)
		case l := <-w.looks:
			w.busy = false
			if l.sort = v.sort; w.again { // it may have been chosen in the meantime
				w.start(l.view)
			}
			v = l.view
		case key, open := <-keys:
			if !open || key == 'q' || key == interrupt || key == endOfFile {
				return nil
			}
			if by := sortKeys[key]; by != "" {
				v.sort = by
				w.start(v)
			}
		}
	}
}
