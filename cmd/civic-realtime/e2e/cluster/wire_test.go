package cluster

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
)

// wire is a protocol, from the side of a client. Bodies are as in protocol.Message.
type wire interface {
	name() string
	// encode returns the first byte of a frame, and its payload.
	encode(k protocol.Kind, body []byte) (first byte, payload []byte)
	// decode returns the message in a payload. Kinds that clients of tests ignore are Unknown.
	decode(payload []byte) (message, error)
}

// message is what a server has sent.
type message struct {
	kind   protocol.Kind
	body   []byte
	vector []byte // of RoomState: what the server has
	count  int    // of Ack: updates; of RoomState: replies that follow
}

type yWebsocket struct{}

func (yWebsocket) name() string { return protocol.YWebsocket{}.Name() }

func (yWebsocket) encode(k protocol.Kind, body []byte) (byte, []byte) {
	return rawframe.Fin | rawframe.Binary, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: k, Body: body})
}

func (yWebsocket) decode(payload []byte) (message, error) {
	var m protocol.Message
	_, err := (protocol.YWebsocket{}).Next(payload, &m)
	return message{kind: m.Kind, body: m.Body}, err
}

type jsonWire struct{}

func (jsonWire) name() string { return protocol.JSON{}.Name() }

// encode has a form for updates only, which is all that clients of tests send.
func (jsonWire) encode(_ protocol.Kind, body []byte) (byte, []byte) {
	b, _ := json.Marshal(map[string]any{"type": "sync", "update": base64.StdEncoding.EncodeToString(body)})
	return rawframe.Fin | rawframe.Text, b
}

func (jsonWire) decode(payload []byte) (message, error) {
	var m struct {
		Type, Event string
		Update      []byte
		Count       int
		Room        struct {
			YjsState    []byte
			StateVector []byte
			More        int
		}
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return message{}, err
	}
	switch {
	case m.Type == "sync":
		return message{kind: protocol.Update, body: m.Update}, nil
	case m.Event == "room_state":
		return message{protocol.RoomState, m.Room.YjsState, m.Room.StateVector, m.Room.More}, nil
	case m.Event == "ack":
		return message{kind: protocol.Ack, count: m.Count}, nil
	}
	return message{kind: protocol.Unknown}, nil
}

// answerWithin bounds the time in which a handshake is answered. It is longer than any time for
// which a server holds a connection.
const answerWithin = 30 * time.Second

// handshake opens a WebSocket.
func handshake(ctx context.Context, addr, target string, w wire) (net.Conn, *bufio.Reader, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(answerWithin))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: %s\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", target, addr, w.name())
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New(resp.Status)
	}
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("handshake with %s: %w", addr, err)
	}
	_ = conn.SetDeadline(time.Time{})
	return conn, r, nil
}
