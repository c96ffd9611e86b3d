package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// A program that embeds the server makes an Engine on a store, and a transport.Server that serves a
// listener. Here the store is in memory (persist/bolt has a durable one) and every client is
// admitted (transport/auth has Authenticators for tokens).
func Example() {
	log := slog.New(slog.DiscardHandler)
	e := engine.New(engine.Config{}, persist.NewMemory(), log)
	server := transport.New(transport.Config{}, e, auth.AllowAll{}, log)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()

	// y-websocket's WebsocketProvider('ws://…/realtime/records', 'by-law-7', doc) connects like
	// this:
	url := "ws://" + l.Addr().String() + "/realtime/records/by-law-7"
	client := &firstMessage{make(chan string, 1), gws.BuiltinEventHandler{}}
	socket, _, err := gws.NewClient(client, &gws.ClientOption{Addr: url,
		RequestHeader: http.Header{"Sec-WebSocket-Protocol": {"y-websocket"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	go socket.ReadLoop()
	fmt.Println("the server asks for", <-client.first)

	cancel() // closes all connections with code 4503 and stores all documents
	fmt.Println("served:", <-served)
	// Output:
	// the server asks for the client's document
	// served: <nil>
}

// firstMessage is a client that reports the first message that it receives.
type firstMessage struct {
	first chan string
	gws.BuiltinEventHandler
}

// OnMessage implements gws.Event.
func (c *firstMessage) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	select {
	case c.first <- map[byte]string{0: "the client's document", 1: "awareness"}[m.Bytes()[0]]:
	default:
	}
}
