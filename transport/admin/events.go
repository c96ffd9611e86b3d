package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

const (
	// eventBuffer is how many events may wait for a reader. A slower one loses events.
	eventBuffer = 1024
	// eventTime is how long a reader may take nothing. The stream then ends.
	eventTime = 10 * time.Second
)

// eventFilter selects events. An empty field selects all.
type eventFilter struct {
	kinds []string
	room  string
	user  string
}

func (f *eventFilter) admits(e *events.Event) bool {
	return (len(f.kinds) == 0 || slices.Contains(f.kinds, e.Kind.String())) &&
		(f.room == "" || f.room == e.Room) && (f.user == "" || f.user == e.User)
}

// events streams events as server-sent events, until the client or the server ends. Nothing waits
// for a slow reader: it loses events, and is sent how many.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	filter := eventFilter{room: q.Room("room").String(), user: q.Text("user")}
	for kind := range strings.SplitSeq(q.Text("kinds"), ",") {
		if kind != "" {
			filter.kinds = append(filter.kinds, kind)
		}
	}
	for _, kind := range filter.kinds {
		if !slices.Contains(eventKinds(), kind) {
			q.Wrong("kinds", "must be some of "+strings.Join(eventKinds(), ", "))
		}
	}
	if err := q.Err(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", httpapi.EventsType)
	if r.Method == http.MethodHead {
		return nil
	}
	release, err := s.takeStream(w, eventTime)
	if err != nil {
		return err
	}
	defer release()
	watch := s.cfg.Events.Subscribe(eventBuffer)
	defer watch.Close()
	w.Header().Set("X-Accel-Buffering", "no") // nginx would collect events
	stream := eventStream{
		w: w, control: http.NewResponseController(w), filter: filter, node: s.node(),
	}
	stream.run(r, watch, s.watchOthers(r), s.metrics.lost.AddInt64)
	return nil
}

// eventKinds returns the names of all kinds of events.
func eventKinds() (names []string) {
	for kind := events.Kind(1); kind.String() != "unknown"; kind++ {
		names = append(names, kind.String())
	}
	return names
}

// eventStream writes events to a client.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	filter  eventFilter
	node    string // name of this node
	lost    uint64 // events whose loss the client has been sent
}

// run writes the events of this server, and those of other nodes as they are.
func (e *eventStream) run(
	r *http.Request, watch *events.Subscription, others <-chan string, lost func(int64),
) {
	quiet := time.NewTicker(keepAlive)
	defer quiet.Stop()
	err := e.write(": connected\n\n")
	for err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-quiet.C:
			err = e.write(": keep-alive\n\n")
		case block := <-others:
			err = e.write(block)
		case event := <-watch.C:
			if n := watch.Dropped() - e.lost; n > 0 {
				lost(int64(n))
				e.lost += n
				err = e.send("lost", api.Lost{Lost: n})
			}
			if err == nil && e.filter.admits(&event) {
				err = e.send(event.Kind.String(), eventOf(event, e.node))
			}
		}
	}
}

func (e *eventStream) send(name string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return e.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, text))
}

func (e *eventStream) write(text string) error {
	_ = e.control.SetWriteDeadline(time.Now().Add(eventTime)) // fails only without a connection
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.control.Flush()
}

func eventOf(e events.Event, node string) api.Event {
	return api.Event{
		Time: e.Time.UTC(), Kind: e.Kind.String(), Node: node, Room: e.Room, User: e.User,
		Address: e.Client, Connection: e.Connection, Code: e.Code, Subject: e.Subject,
		Reason: e.Reason, By: e.By, Version: e.Version, Until: timeOf(e.Until), Count: e.Count,
	}
}
