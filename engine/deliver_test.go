package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/logsample"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// TestInvalidMessages shows that malformed messages are charged and logged without their content,
// and that the connection goes on.
func TestInvalidMessages(t *testing.T) {
	y := func(k protocol.Kind, body []byte) []byte {
		return protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: k, Body: body})
	}
	tests := []struct {
		name    string
		payload []byte
		reason  error
	}{
		{"empty", nil, lib0.ErrTruncated},
		{"claims more than there is", []byte{0, 2, 0xff, 0xff, 0x7f}, lib0.ErrTruncated},
		{"state vector cut short", y(protocol.SyncRequest, []byte{5, 1}), lib0.ErrCount},
		{"awareness without JSON", y(protocol.Awareness, awarenessUpdate(stateEntry(1, 1, "{{"))), jsontext.ErrSyntax},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a, b := w.joinSynced("r"), w.joinSynced("r")
				for n := range 1000 {
					if err := a.Deliver(tt.payload); err != nil {
						t.Fatalf("closed: %v", err)
					}
					if a.conn.charged != 9*(n+1) {
						t.Fatalf("%d messages cost %d more", n+1, a.conn.charged)
					}
				}
				log := w.out.String()
				if !strings.Contains(log, "room=r") || !strings.Contains(log, tt.reason.Error()) || strings.Count(log, "invalid message") != logsample.LinesPerMinute {
					t.Errorf("log: %s", log)
				}
				pass(time.Minute)
				if err := a.Deliver(tt.payload); err != nil || !strings.Contains(w.out.String(), fmt.Sprintf("omitted=%d", 1000-logsample.LinesPerMinute)) {
					t.Errorf("%v, log: %s", err, w.out.String())
				}
				pass(time.Second)
				b.wantMessages("nothing is relayed")
			})
		})
	}
}

// TestInvalidUpdates shows that the first invalid update ends the connection with its reason, as
// nothing that its client writes after it can be merged, and that it is logged without its text.
func TestInvalidUpdates(t *testing.T) {
	good := typed(9, 0, "secret")
	for _, tt := range []struct {
		name   string
		update []byte
		reason error
	}{
		{"cut short", good[:len(good)-2], lib0.ErrTruncated},
		{"with a tail", append(good[:len(good):len(good)], 0), lib0.ErrTrailing},
		{"2^40 structs", lib0.AppendUvarint([]byte{1}, 1<<40), lib0.ErrCount},
		{"invalid UTF-8", typed(9, 0, "\xff\xfe"), lib0.ErrUTF8},
		{"unknown content", []byte{1, 1, 9, 0, 31, 0}, yjs.ErrContentRef},
		{"nested too deeply", deeplyNested(300), ydoc.ErrNesting},
	} {
		for _, proto := range []protocol.Protocol{protocol.YWebsocket{}, protocol.JSON{}, protocol.MsgPack{}} {
			for _, kind := range []protocol.Kind{protocol.Update, protocol.SyncReply} {
				if proto.Native() && kind == protocol.SyncReply {
					continue // only servers send it
				}
				t.Run(fmt.Sprint(tt.name, " ", proto.Name(), " ", kind), func(t *testing.T) {
					inWorld(t, Config{}, func(w *world) {
						b := w.joinSynced("r")
						p, err := w.Join(context.Background(), roomkey.MustParse("r"), new(sink), proto, ann)
						if err != nil {
							t.Fatal(err)
						}
						var closing *CloseError
						err = p.Deliver(proto.Append(nil, protocol.Message{Kind: kind, Body: tt.update}))
						if !errors.As(err, &closing) || closing.Code != CloseInvalidUpdate || !errors.Is(err, tt.reason) {
							t.Fatalf("%v", err)
						}
						words := closing.LastWords()
						if len(words) != 1 || words[0].Code != protocol.CodeInvalidUpdate || !strings.Contains(words[0].Text, tt.reason.Error()) {
							t.Errorf("sent %+v", words)
						}
						if !proto.Native() && len(proto.Append(nil, words[0])) == 0 {
							t.Error("it is sent no error")
						}
						log := w.out.String()
						if !strings.Contains(log, "room=r") || !strings.Contains(log, tt.reason.Error()) || strings.Contains(log, "secret") {
							t.Errorf("log: %s", log)
						}
						if w.metrics.denials[errInvalidUpdate].Get() != 1 {
							t.Error("not counted")
						}
						pass(time.Second)
						if v := b.conn.stateVector(); len(v) > 0 && v[0].Clock > ydoc.MaxNesting {
							t.Errorf("others have %v", v)
						}
					})
				})
			}
		}
	}
}

// deeplyNested is an update with depth types, each in the one before.
func deeplyNested(depth uint64) []byte {
	u := yjs.AppendID(lib0.AppendUvarint([]byte{1}, depth), yjs.ID{Client: 7})
	u = append(lib0.AppendString(append(u, yjs.RefType, 1), "text"), yjs.TypeArray)
	for clock := range depth - 1 {
		u = yjs.AppendID(append(u, yjs.RefType, 0), yjs.ID{Client: 7, Clock: clock})
		u = append(u, yjs.TypeArray)
	}
	return append(u, 0)
}

// TestMalformedMessageIsRequested shows that a client that has sent a malformed message is asked
// for its document, as it may take the content for delivered.
func TestMalformedMessageIsRequested(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		whole := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(9, 0, "x")})
		if err := a.Deliver(append([]byte{0, 0, 2, 5, 1}, whole[:2]...)); err != nil {
			t.Fatal(err)
		}
		settle()
		a.wantMessages("a request", protocol.SyncRequest)
		a.sends(protocol.SyncReply, typed(9, 0, "x"))
		settle()
		a.wantMessages("its echo", protocol.Update)
	})
}

// TestUnknownMessages shows that messages of unknown kinds are counted, and neither charged nor
// answered nor logged.
func TestUnknownMessages(t *testing.T) {
	for _, tt := range []struct {
		proto    protocol.Protocol
		payloads []string
	}{
		{protocol.YWebsocket{}, []string{"\x04", "\x66\x01", "\x02\x07x", "\x02\x00\x02no", "\x00\x09", "\x66\xff\xff"}},
		{protocol.JSON{}, []string{`{"type":"chat","text":"hi"}`, `{"type":"control","event":"freeze"}`, `{"type":"pong"}`, `{"type":"sync","event":"x"}`,
			`{"type":"control","event":"ack","version":1}`}},
		{protocol.MsgPack{}, []string{"\x91\x1e", "\x92\xcc\xff\xc0", "\x93\x07\x01\x01"}},
	} {
		t.Run(tt.proto.Name(), func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				conn := new(chargedSink)
				p, err := w.Join(context.Background(), roomkey.MustParse("r"), conn, tt.proto, ann)
				if err != nil {
					t.Fatal(err)
				}
				pass(time.Second)
				before := conn.written
				for _, payload := range tt.payloads {
					for range 20 {
						if err := p.Deliver([]byte(payload)); err != nil {
							t.Errorf("%q: %v", payload, err)
						}
					}
				}
				pass(time.Second)
				if conn.charged != 0 || conn.written != before || strings.Contains(w.out.String(), "invalid") {
					t.Errorf("charged %d, sent %d bytes, log %s", conn.charged, conn.written-before, w.out.String())
				}
				counted := &w.metrics.messages[protocol.Number(p.proto)]
				known := counted[protocol.Unknown].Get() + counted[protocol.Failure].Get()
				if want := uint64(20 * len(tt.payloads)); known != want {
					t.Errorf("%d counted, want %d", known, want)
				}
			})
		})
	}
}

// chargedSink counts the bytes that it is sent, and the messages that it is charged.
type chargedSink struct {
	sink
	written, charged int
}

func (c *chargedSink) Write(frames [][]byte, _ func()) error {
	for _, f := range frames {
		c.written += len(f)
	}
	return nil
}

func (c *chargedSink) Charge(messages int) { c.charged += messages }

// TestSeveralMessagesInOnePayload shows that all messages of a payload are handled, even those
// beside an invalid one.
func TestSeveralMessagesInOnePayload(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, "opens a window")
		settle()
		b.conn.take()
		var payload []byte
		for _, m := range []protocol.Message{
			{Kind: protocol.Update, Body: typed(99, 0, "a")},
			{Kind: protocol.SyncRequest, Body: []byte("bad")},
			{Kind: protocol.Awareness, Body: awarenessUpdate(stateEntry(7, 1, here))},
			{Kind: protocol.Update, Body: typed(99, 1, "b")},
		} {
			payload = protocol.YWebsocket{}.Append(payload, m)
		}
		if err := a.Deliver(payload); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		b.wantMessages("what was good in it", protocol.Awareness, protocol.Update)
		if len(b.conn.stateVector()) != 2 || a.conn.charged != 9 {
			t.Error("the messages beside an invalid one were not taken")
		}
	})
}

// TestMessagesInOnePayload shows that a payload may have maxMessages messages, and that the
// document is requested if it has more.
func TestMessagesInOnePayload(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		query := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.AwarenessRequest})
		if err := a.Deliver(bytes.Repeat(query, maxMessages)); err != nil || a.conn.charged != 0 {
			t.Fatalf("%v, %d", err, a.conn.charged)
		}
		typing := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(9, 0, "x")})
		if err := a.Deliver(append(bytes.Repeat(query, maxMessages), typing...)); err != nil || a.conn.charged != 9 {
			t.Fatalf("%v, %d", err, a.conn.charged)
		}
		pass(time.Second)
		if !slices.Contains(a.conn.kinds(), protocol.SyncRequest) {
			t.Error("the document is not requested")
		}
	})
}

// TestMissingIsRequested shows that the sender of an update that refers to unknown structs is asked
// for its document, at most once a second.
func TestMissingIsRequested(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.sends(protocol.Update, typed(1, 5, "b"))
		settle()
		a.wantMessages("at once", protocol.SyncRequest)
		a.sends(protocol.Update, typed(1, 6, "c"))
		pass(900 * time.Millisecond)
		a.wantMessages("not again so soon")
		pass(100 * time.Millisecond)
		a.wantMessages("but not never", protocol.SyncRequest)
		pass(time.Minute)
		a.wantMessages("nor for ever")
		b.wantMessages("others are sent nothing")

		a.sends(protocol.SyncReply, typed(1, 0, "aaaaa"))
		settle()
		if b.conn.stateVector()[0].Clock != 7 {
			t.Error("the pending update was not merged")
		}
		a.conn.take()

		a.sends(protocol.Update, typed(1, 9, "e"))
		settle()
		a.wantMessages("again at once", protocol.SyncRequest)
		a.sends(protocol.Update, typed(1, 8, "d"))
		a.sends(protocol.Update, typed(1, 7, "c"))
		pass(time.Second)
		a.wantMessages("all three", protocol.Update)
		pass(time.Minute)
		a.wantMessages("what has come is not asked for")
	})
}

// TestDeliverDoesNotAllocate shows that neither typing nor moving a caret allocates, in any
// protocol.
func TestDeliverDoesNotAllocate(t *testing.T) {
	for _, proto := range []protocol.Protocol{protocol.YWebsocket{}, protocol.JSON{}, protocol.MsgPack{}, protocol.Hocuspocus{}} {
		for _, identity := range []Identity{{}, ann} {
			t.Run(proto.Name()+" "+identity.Name, func(t *testing.T) { testDeliverAllocations(t, proto, identity) })
		}
	}
}

func testDeliverAllocations(t *testing.T, proto protocol.Protocol, identity Identity) {
	if _, pooled := proto.(protocol.MsgPack); pooled && raceEnabled {
		t.Skip("pools forget at random under the race detector")
	}
	e := New(Config{Window: time.Hour}, newMemStore(), slog.New(slog.DiscardHandler))
	defer e.Drain(context.Background())
	p, err := e.Join(context.Background(), roomkey.MustParse("r"), new(sink), proto, identity)
	if err != nil {
		t.Fatal(err)
	}
	payloads := continuingInsertion(proto, 2002)
	mustDeliver(t, p, payloads[0])
	i := 1
	if n := testing.AllocsPerRun(2000, func() { mustDeliver(t, p, payloads[i]); i++ }); n != 0 {
		t.Errorf("%v allocations an update", n)
	}
	if proto.Native() {
		return
	}
	state := []byte(moved)
	clock := uint64(0)
	var body, payload []byte
	say := func() {
		clock++
		state[len(state)-2] = '0' + byte(clock%10)
		body = yjs.AppendAwarenessEntry(yjs.AppendAwarenessHeader(body[:0], 1), yjs.AwarenessEntry{Client: 1, Clock: clock, State: state})
		payload = proto.Append(payload[:0], protocol.Message{Kind: protocol.Awareness, Body: body})
		mustDeliver(t, p, payload)
	}
	if n := testing.AllocsPerRun(1000, say); n != 0 {
		t.Errorf("%v allocations a caret move", n)
	}
}

// sink is a Conn that accepts everything.
type sink struct{}

func (sink) Write([][]byte, func()) error { return nil }
func (sink) Close(*CloseError)            {}
func (sink) Finish()                      {}

func (sink) Renew([]byte) {}
func (sink) Charge(int)   {}

func mustDeliver(t testing.TB, p *Peer, payload []byte) {
	if err := p.Deliver(payload); err != nil {
		t.Fatal(err)
	}
}

// continuingInsertion is a client that types n characters, one in each payload.
func continuingInsertion(proto protocol.Protocol, n int) (payloads [][]byte) {
	for i := range n {
		u := typed(1234567, uint64(i), "x")
		payloads = append(payloads, proto.Append(nil, protocol.Message{Kind: protocol.Update, Body: u}))
	}
	return payloads
}

// TestMetrics shows that WriteMetrics writes what has been counted.
func TestMetrics(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "a")
		_ = a.Deliver([]byte{0, 2, 5})
		_ = a.Deliver([]byte{99})
		pass(time.Second)
		var out strings.Builder
		w.WriteMetrics(io.Writer(&out))
		for _, line := range []string{
			"realtime_rooms 1", "realtime_peers 1", "realtime_updates_merged_total 1", "realtime_batches_total 1",
			`realtime_received_messages_total{protocol="y-websocket",kind="update"} 1`,
			`realtime_invalid_messages_total{reason="unexpected end of input"} 1`, `realtime_received_messages_total{protocol="y-websocket",kind="unknown"} 1`,
			"realtime_journal_commit_seconds_count 1", "realtime_room_load_seconds_count 1",
		} {
			if !strings.Contains(out.String(), line+"\n") {
				t.Errorf("no %q in\n%s", line, out.String())
			}
		}
	})
}

// TestNestingIsRefused shows that types nested so deeply that clients overflow their stacks when
// they read or delete them are not merged.
func TestNestingIsRefused(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		err := a.Deliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: deeplyNested(300)}))
		if !errors.Is(err, ydoc.ErrNesting) {
			t.Errorf("%v", err)
		}
		settle()
		if v := b.conn.stateVector(); len(v) != 1 || v[0].Clock != ydoc.MaxNesting {
			t.Errorf("others were sent %v", v)
		}
		if out := w.out.String(); !strings.Contains(out, ydoc.ErrNesting.Error()) {
			t.Errorf("not logged: %s", out)
		}
	})
}

// TestDroppedPendingUpdatesAreRequested shows that pending updates are dropped when they outgrow
// their bound, and that all peers are then asked for their documents.
func TestDroppedPendingUpdatesAreRequested(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		for clock := uint64(1); w.Engine.metrics.pendingDrops.Get() == 0; clock += 2 {
			if clock > 50 {
				t.Fatal("nothing was dropped")
			}
			a.sends(protocol.Update, typed(99, clock, strings.Repeat("x", ydoc.MaxPending/16)))
		}
		pass(2 * time.Second)
		b.wantMessages("a peer that sent nothing", protocol.SyncRequest)
	})
}
