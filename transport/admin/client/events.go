package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// ErrStreamEnded says that the server has ended a stream of events, as it does when it shuts down.
var ErrStreamEnded = errors.New("the stream of events has ended")

// EventQuery selects events. The zero value of a field selects all.
type EventQuery struct {
	Kinds      []string
	Room, User string
}

// silence is how long a stream may have nothing, not even a keep-alive, of which one is sent every
// 15 s. Then the server is gone.
const silence = 40 * time.Second

// Watcher has the functions that are called with what a stream has.
type Watcher struct {
	Event func(api.Event)
	// Lost is called with the number of events that were lost as the caller was too slow.
	Lost func(uint64)
	// Silent is called when the nodes that do not answer are others than before.
	Silent func(api.Silence)
}

// Events watches events. It returns ctx's error when ctx is done, or ErrStreamEnded.
func (c *Client) Events(ctx context.Context, q EventQuery, w Watcher) error {
	v := url.Values{}
	add(v, "kinds", strings.Join(q.Kinds, ","))
	add(v, "room", q.Room)
	add(v, "user", q.User)
	return c.stream(ctx, "/v1/events", v, w.dispatch)
}

// Live watches samples, of which there is one every 2 s. It returns ctx's error when ctx is done,
// or ErrStreamEnded.
func (c *Client) Live(ctx context.Context, sample func(api.LiveSample)) error {
	return c.stream(ctx, "/v1/live", nil, func(_, data string) error {
		var s api.LiveSample
		if err := json.Unmarshal([]byte(data), &s); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
		sample(s)
		return nil
	})
}

// stream calls f with the name and the data of each event of a stream.
func (c *Client) stream(
	ctx context.Context, path string, query url.Values, f func(name, data string) error,
) error {
	streaming, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := c.send(streaming, get, path, query, nil, "text/event-stream")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	watchdog := time.AfterFunc(silence, cancel)
	defer watchdog.Stop()
	name, lines := "", bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		watchdog.Reset(silence)
		line := lines.Text()
		if rest, ok := strings.CutPrefix(line, "event: "); ok {
			name = rest
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if err := f(name, data); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrStreamEnded
}

// dispatch calls the function for an event.
func (w Watcher) dispatch(name, data string) (err error) {
	switch name {
	case "lost":
		var l api.Lost
		if err = json.Unmarshal([]byte(data), &l); err == nil {
			w.Lost(l.Lost)
		}
	case "partial":
		var s api.Silence
		if err = json.Unmarshal([]byte(data), &s); err == nil {
			w.Silent(s)
		}
	default:
		var e api.Event
		if err = json.Unmarshal([]byte(data), &e); err == nil {
			w.Event(e)
		}
	}
	if err != nil {
		return fmt.Errorf("event %q: %w", name, err)
	}
	return nil
}
