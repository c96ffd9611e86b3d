package engine

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// clientPayloads are payloads with messages that wait for the room's lock, as clients send them.
func clientPayloads(proto protocol.Protocol) (payloads [][]byte) {
	add := func(messages ...protocol.Message) {
		var payload []byte
		for _, m := range messages {
			payload = proto.Append(payload, m)
		}
		if len(payload) > 0 {
			payloads = append(payloads, payload)
		}
	}
	vector := yjs.StateVector{{Client: 7, Clock: 1}}.Append(nil)
	add(protocol.Message{Kind: protocol.Update, Body: typed(7, 0, "some text"), Version: 1})
	add(protocol.Message{Kind: protocol.SyncRequest, Body: vector})
	add(protocol.Message{Kind: protocol.Awareness, Body: awarenessUpdate(stateEntry(7, 1, `{"n":"\u00e9"}`))})
	if !proto.Native() {
		add(protocol.Message{Kind: protocol.Update, Body: typed(7, 9, "more")}, protocol.Message{Kind: protocol.AwarenessRequest},
			protocol.Message{Kind: protocol.Update, Body: typed(7, 13, "and more")})
	}
	switch proto.(type) {
	case protocol.JSON: // other ways in which clients may write messages
		payloads = append(payloads, []byte(`{"type":"sync","event":"request"}`), []byte(`{"type":"presence","event":"joined"}`),
			[]byte(`{"type":"presence","event":"cursor","cursor":{"at":"\u00e9"}}`), []byte(`{"type":"presence","event":"left"}`),
			bytes.ReplaceAll(payloads[0], []byte("/"), []byte(`\/`)), bytes.ReplaceAll(payloads[0], []byte("A"), []byte(`\u0041`)))
	case protocol.MsgPack:
		payloads = append(payloads, []byte{0x91, 0}, []byte{0x91, 4}, []byte{0x91, 5})
	}
	return payloads
}

// TestUndelivered shows that a payload that waits for the room's lock has the same effect as one
// that does not, although it is decoded in place and its memory is borrowed.
func TestUndelivered(t *testing.T) {
	for _, proto := range []protocol.Protocol{protocol.YWebsocket{}, protocol.JSON{}, protocol.MsgPack{}} {
		for i, payload := range clientPayloads(proto) {
			t.Run(fmt.Sprintf("%s %d", proto.Name(), i), func(t *testing.T) {
				inTime, late := newUndelivered(t, proto), newUndelivered(t, proto)
				if err := inTime.Deliver(bytes.Clone(payload)); err != nil {
					t.Fatal(err)
				}
				lent := bytes.Clone(payload)
				late.room.mu.Lock()
				left, err := late.TryDeliver(lent)
				late.room.mu.Unlock()
				if left == nil || err != nil {
					t.Fatalf("left %v, %v", left, err)
				}
				left.Own()
				clear(lent)
				if err := late.DeliverRest(left); err != nil {
					t.Fatal(err)
				}
				if a, b := invalidCount(inTime.room.e), invalidCount(late.room.e); a != 0 || b != 0 {
					t.Errorf("invalid messages: %d without a wait, %d with one", a, b)
				}
				if a, b := inTime.documentState(), late.documentState(); !bytes.Equal(a, b) {
					t.Errorf("the document is %x, without a wait %x", b, a)
				}
				if a, b := messageCount(inTime.room.e), messageCount(late.room.e); a != b {
					t.Errorf("messages counted: %d, without a wait %d", b, a)
				}
			})
		}
	}
}

// TestUndeliveredLimit shows that the limit of messages in a payload also holds for the undelivered
// rest of it.
func TestUndeliveredLimit(t *testing.T) {
	p := newUndelivered(t, protocol.YWebsocket{})
	question := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.AwarenessRequest})
	p.room.mu.Lock()
	left, err := p.TryDeliver(bytes.Repeat(question, maxMessages+1))
	p.room.mu.Unlock()
	if left == nil || err != nil {
		t.Fatal("nothing is left undelivered", err)
	}
	if err := p.DeliverRest(left); err != nil || invalidCount(p.room.e) != 1 || messageCount(p.room.e) != maxMessages {
		t.Errorf("%d messages handled, %d invalid, %v", messageCount(p.room.e), invalidCount(p.room.e), err)
	}
}

// invalidCount returns how many malformed messages have come.
func invalidCount(e *Engine) uint64 { return e.sum("realtime_invalid_messages_total") }

// sum returns the sum of a counter over all labels.
func (e *Engine) sum(name string) (n uint64) {
	var out strings.Builder
	e.WriteMetrics(&out)
	for line := range strings.Lines(out.String()) {
		if labels, value, ok := strings.Cut(line, "} "); ok && strings.HasPrefix(labels, name+"{") {
			count, _ := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			n += count
		}
	}
	return n
}

// newUndelivered returns a peer of a new engine.
func newUndelivered(t *testing.T, proto protocol.Protocol) *Peer {
	e := New(Config{}, newMemStore(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { e.Drain(context.Background()) })
	p, err := e.Join(t.Context(), roomkey.MustParse("a"), sink{}, proto, Identity{ID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// documentState returns the document of the peer's room.
func (p *Peer) documentState() []byte {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.room.doc.AppendState(nil)
}

// messageCount returns how many messages have been handled.
func messageCount(e *Engine) uint64 { return e.sum("realtime_received_messages_total") }
