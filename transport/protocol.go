package transport

import (
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// protocols are what clients may speak.
var protocols = [...]protocol.Protocol{protocol.JSON{}, protocol.MsgPack{}, protocol.YWebsocket{}}

// What is spoken when nothing was agreed upon.
var (
	textProtocol   = &protocols[0]
	binaryProtocol = &protocols[2]
)

func protocolNamed(name string) *protocol.Protocol {
	for i := range protocols {
		if protocols[i].Name() == name {
			return &protocols[i]
		}
	}
	return nil
}

const protocolHeader = "Sec-WebSocket-Protocol"

// offers returns the subprotocols that a client offers, in the client's order.
func offers(h http.Header) (protocols []string) {
	for _, line := range h.Values(protocolHeader) {
		for p := range strings.SplitSeq(line, ",") {
			protocols = append(protocols, strings.TrimSpace(p))
		}
	}
	return protocols
}

// choose returns the subprotocol that the server names in its answer, empty for none, and the
// protocol that is spoken, nil if the first message has to decide. A browser fails a handshake
// whose answer names none of the offered subprotocols, so a client that offers only its token
// gets the token back, and speaks y-websocket.
func choose(offered []string) (subprotocol string, spoken *protocol.Protocol) {
	token := ""
	for _, name := range offered {
		if p := protocolNamed(name); p != nil {
			return name, p
		}
		if _, ok := auth.FromSubprotocol(name); ok && token == "" {
			token = name
		}
	}
	if token != "" {
		return token, binaryProtocol
	}
	return "", nil
}
