package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/hookports"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/hooks"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
	"github.com/civicpress/civic-realtime/transport"
)

// hooked is the whole service with hooks, and their receiver, in a bubble like that of inBubble.
type hooked struct {
	*bubble
	receiver *standin.Receiver
	config   Config
	site     *pipes
	store    *persist.Memory
	killed   *atomic.Bool // nothing is stored any more
	engine   *engine.Engine
}

// inHookBubble runs f with the service in a bubble; keys are further keys of hooks.
func inHookBubble(t *testing.T, keys string, f func(h *hooked)) {
	t.Helper()
	inHookBubbleWith(t, "authorize: 'http://h.example/authorize', load: 'http://h.example/load', store: 'http://h.example/store'"+keys, standin.Options{}, f)
}

func inHookBubbleWith(t *testing.T, keys string, opt standin.Options, f func(h *hooked)) {
	t.Helper()
	c, err := parse(t, "realtime: {hooks: {"+keys+hookSecret+"}}")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := &hooked{bubble: &bubble{t: t}, receiver: standin.New(opt), config: c, site: newPipes(), store: persist.NewMemory()}
		for _, user := range []string{"ann", "bob"} {
			h.receiver.Allow("token-"+user, standin.User{ID: user, Name: user, Access: "write"})
		}
		h.receiver.Allow("token-viewer", standin.User{ID: "viewer", Access: "read"})
		server := &http.Server{Handler: h.receiver.Handler()}
		go func() { _ = server.Serve(h.site) }()
		h.start()
		f(h)
		h.stop()
		_ = server.Close()
	})
}

// start starts the service with the store as it is.
func (h *hooked) start() {
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	cfg := h.config.Hooks.client()
	cfg.Transport = &http.Transport{DialContext: h.site.dial}
	client, err := hooks.New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	ec := engineConfig(h.config)
	if h.config.Hooks.hasDocuments() {
		ec.Records = hookports.NewRecords(client, hooks.Format(h.config.Hooks.Format), h.config.Documents.schema)
	}
	ec.Compression = snapshot.Raw // zstd has goroutines outside of the bubble
	h.server = newPipes()
	h.killed = new(atomic.Bool)
	e := engine.New(ec, keptOpen{h.store, h.killed}, log)
	h.engine = e
	s := transport.New(transportConfig(h.config), e, hookports.NewAuthority(client, h.config.recheck(), log), log)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, h.server) }()
	h.stop = func() {
		cancel()
		if err := <-served; err != nil {
			h.t.Error(err)
		}
		client.Close()
	}
}

// keptOpen is a store that outlives the service. From killed on it drops what it is given, as if
// the process had been killed then.
type keptOpen struct {
	*persist.Memory
	killed *atomic.Bool
}

func (s keptOpen) Append(ctx context.Context, rows []persist.Row) error {
	if s.killed.Load() {
		return nil
	}
	return s.Memory.Append(ctx, rows)
}

func (s keptOpen) SaveSnapshot(ctx context.Context, room string, blob []byte, through uint64) error {
	if s.killed.Load() {
		return nil
	}
	return s.Memory.SaveSnapshot(ctx, room, blob, through)
}

// Close does nothing.
func (keptOpen) Close() error { return nil }

func (h *hooked) user(id byte, name, room string) *visitor {
	h.t.Helper()
	v := h.connect(id, "token-"+name, room)
	time.Sleep(time.Second)
	if v.connected.Load() == nil {
		h.t.Fatalf("%s is not connected: %v", name, v.closes())
	}
	return v
}

// content returns the content of a document that the receiver has.
func (h *hooked) content(room string) string {
	d, _ := h.receiver.Document(room)
	return d.Body
}

// TestHooksAdmitUsers shows which answers of hooks.authorize admit a user, and with which code
// others are closed.
func TestHooksAdmitUsers(t *testing.T) {
	inHookBubble(t, "", func(h *hooked) {
		h.receiver.Allow("token-none", standin.User{ID: "u", Access: "none"})
		h.receiver.Allow("token-elsewhere", standin.User{ID: "u", Access: "write", Rooms: []string{"other"}})
		h.receiver.Allow("token-strange", standin.User{ID: "u", Access: "superuser"})
		h.receiver.Allow("token-short", standin.User{ID: "u", Access: "write", Expires: time.Now().Add(10 * time.Second)})
		for i, test := range []struct {
			user string
			code int // 0: it stays
		}{
			{"ann", 0}, {"viewer", 0}, {"none", 4403}, {"elsewhere", 4403}, {"unknown", 4401}, {"strange", 4503}, {"short", 4401},
		} {
			v := h.connect(byte(i+1), "token-"+test.user, "minutes")
			time.Sleep(30 * time.Second)
			codes := v.closes()
			if stays := len(codes) == 0; stays != (test.code == 0) || test.code != 0 && codes[test.code] == 0 {
				t.Errorf("%s: %v", test.user, codes)
			}
			v.leaves()
		}
		for _, secret := range []string{"token-", "whsec"} {
			if h.lines(secret) > 0 {
				t.Errorf("the log has %q", secret)
			}
		}
	})
}

// TestHooksRevoke shows that a user whose token is revoked is closed when the answer about it has
// expired, and that one who becomes a viewer cannot write any more.
func TestHooksRevoke(t *testing.T) {
	inHookBubble(t, "", func(h *hooked) {
		minute := 60.0
		h.receiver.Allow("token-bob", standin.User{ID: "bob", Access: "write", Cache: &minute})
		ann, bob := h.user(1, "ann", "minutes"), h.user(2, "bob", "minutes")
		h.receiver.Revoke("token-ann")
		h.receiver.Allow("token-bob", standin.User{ID: "bob", Access: "read", Cache: &minute})
		time.Sleep(40 * time.Second)
		if len(ann.closes()) != 0 {
			t.Errorf("ann is closed too early: %v", ann.closes())
		}
		time.Sleep(30 * time.Second)
		if ann.closes()[4401] == 0 {
			t.Errorf("ann: %v", ann.closes())
		}
		bob.types("too late")
		time.Sleep(time.Minute)
		if strings.Contains(h.content("minutes"), "too late") {
			t.Error("a viewer has written")
		}
		ann.leaves()
		bob.leaves()
	})
}

// TestUsersStayWhileHooksAreDown shows that users who are known stay, and can come back, in an
// outage, that others are told to come back, and that the log has one line about it.
func TestUsersStayWhileHooksAreDown(t *testing.T) {
	inHookBubble(t, "", func(h *hooked) {
		ann := h.user(1, "ann", "minutes")
		h.receiver.Fail(standin.Fault{Route: standin.Authorize, Status: http.StatusBadGateway})
		bob := h.connect(2, "token-bob", "minutes")
		time.Sleep(10 * time.Minute)
		if len(ann.closes()) != 0 || bob.closes()[4503] == 0 {
			t.Errorf("ann: %v, bob: %v", ann.closes(), bob.closes())
		}
		h.receiver.ClearFaults()
		time.Sleep(2 * time.Minute)
		if bob.connected.Load() == nil {
			t.Errorf("bob: %v", bob.closes())
		}
		if h.lines("hooks.authorize fails") != 1 || h.lines("hooks.authorize answers again") != 1 {
			t.Errorf("log: %s", h.log.String())
		}
		ann.leaves()
		bob.leaves()
	})
}

// TestDocumentsAreLoadedAndStored shows, for each format, that a document begins with the content
// of the receiver, is stored after the users have paused, with their ids, and again after a change
// by another program, which it then has, too.
func TestDocumentsAreLoadedAndStored(t *testing.T) {
	for format, test := range map[string]struct {
		kind, before, changed string
		text                  func(t *testing.T, body string) string
	}{
		"markdown": {"text/markdown", "# Minutes", "# Minutes\n\nfrom elsewhere", func(_ *testing.T, body string) string { return body }},
		"json":     {"application/json", jsonOf("Minutes"), jsonOf("Minutes", "from elsewhere"), func(_ *testing.T, body string) string { return body }},
		"yjs":      {"application/octet-stream", string(yjsOf(90, "Minutes")), string(yjsOf(91, "from elsewhere")), func(_ *testing.T, body string) string { return body }},
	} {
		t.Run(format, func(t *testing.T) {
			inHookBubble(t, ", format: "+format, func(h *hooked) {
				h.receiver.Put("minutes", test.kind, test.before)
				ann, bob := h.user(1, "ann", "minutes"), h.user(2, "bob", "minutes")
				ann.types("hello")
				bob.types("world")
				time.Sleep(5 * time.Second)
				mustHave(t, h.content("minutes"), "Minutes", "hello", "world")
				d, _ := h.receiver.Document("minutes")
				if slices.Sort(d.Users); !slices.Equal(d.Users, []string{"ann", "bob"}) || d.Calls != 1 {
					t.Errorf("users %q after %d calls", d.Users, d.Calls)
				}
				h.receiver.Put("minutes", test.kind, test.changed)
				ann.types(" again")
				time.Sleep(time.Minute)
				mustHave(t, h.content("minutes"), "from elsewhere", "hello again", "world")
				if n := strings.Count(h.content("minutes"), "hello"); n != 1 {
					t.Errorf("hello is there %d times", n)
				}
				if d, _ = h.receiver.Document("minutes"); !slices.Equal(d.Users, []string{"ann"}) {
					t.Errorf("users %q", d.Users)
				}
				calls := h.receiver.Count(standin.Store)
				time.Sleep(10 * time.Minute)
				if more := h.receiver.Count(standin.Store) - calls; more != 0 {
					t.Errorf("%d calls without a change", more)
				}
				ann.leaves()
				bob.leaves()
			})
		})
	}
}

func mustHave(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(body, part) {
			t.Errorf("%q is not in %q", part, body)
		}
	}
}

// jsonOf returns a document of ProseMirror with these paragraphs.
func jsonOf(paragraphs ...string) string {
	type object = map[string]any
	content := []object{}
	for _, text := range paragraphs {
		content = append(content, object{"type": "paragraph", "content": []object{{"type": "text", "text": text}}})
	}
	b, _ := json.Marshal(object{"type": "doc", "content": content})
	return string(b)
}

// yjsOf returns a Yjs update with a paragraph of a client.
func yjsOf(client byte, text string) []byte { return (&visitor{id: client}).update(text) }

// TestStoredUpdatesAreWhole shows that in the format yjs the receiver is sent an update that makes
// the whole document by itself.
func TestStoredUpdatesAreWhole(t *testing.T) {
	inHookBubble(t, ", format: yjs", func(h *hooked) {
		ann := h.user(1, "ann", "new")
		for range 5 {
			ann.types("word ")
			time.Sleep(5 * time.Second)
		}
		ann.leaves()
		u, err := yjs.CheckUpdate([]byte(h.content("new")))
		if err != nil {
			t.Fatal(err)
		}
		var doc ydoc.Doc
		if out := doc.Apply(u); out.Refused != nil || doc.PendingSize() > 0 || doc.Clock(1) != 2+5*5 {
			t.Errorf("%+v, %d pending, clock %d", out, doc.PendingSize(), doc.Clock(1))
		}
		var call struct{ Content string }
		calls := h.receiver.Calls()
		if json.Unmarshal([]byte(calls[len(calls)-1].Body), &call) != nil {
			t.Fatal("no JSON")
		}
		if raw, err := base64.StdEncoding.DecodeString(call.Content); err != nil || string(raw) != h.content("new") {
			t.Error("the content is not the update in base64")
		}
	})
}

// TestStoringSurvivesOutagesAndRestarts shows that edits which could not be stored are stored when
// the hook answers again, also if the server was restarted meanwhile and nobody is connected.
func TestStoringSurvivesOutagesAndRestarts(t *testing.T) {
	for _, format := range []string{"markdown", "yjs"} {
		t.Run(format, func(t *testing.T) {
			inHookBubble(t, ", format: "+format, func(h *hooked) {
				ann := h.user(1, "ann", "minutes")
				ann.types("first")
				time.Sleep(5 * time.Second)
				h.receiver.Fail(standin.Fault{Route: standin.Store, Status: http.StatusInternalServerError})
				ann.types(" second")
				time.Sleep(time.Minute)
				if strings.Contains(h.content("minutes"), "second") || h.lines("drafts cannot be saved") != 1 {
					t.Errorf("stored %q; log: %s", h.content("minutes"), h.log.String())
				}
				h.receiver.ClearFaults()
				time.Sleep(time.Minute)
				mustHave(t, h.content("minutes"), "first second")

				h.receiver.Fail(standin.Fault{Route: standin.Store, Cut: true})
				ann.types(" third")
				time.Sleep(5 * time.Second)
				ann.leaves()
				h.stop()
				if strings.Contains(h.content("minutes"), "third") {
					t.Error("stored though the hook is down")
				}
				h.receiver.ClearFaults()
				h.start()
				h.engine.Resume(context.Background(), []string{roomkey.MustParse("record:minutes").String()})
				mustHave(t, h.content("minutes"), "first second third")
				if calls := h.receiver.Count(standin.Store); calls > 100 {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}

// TestStoredWithoutAnswer shows that a document that the receiver has stored, while the answer was
// lost, is no change by another program, whatever was written since: not for the same process, nor
// for the next one if that process was killed meanwhile.
func TestStoredWithoutAnswer(t *testing.T) {
	for format, before := range map[string][2]string{
		"markdown": {"text/markdown", "# Minutes"}, "json": {"application/json", jsonOf("Minutes")},
		"yjs": {"application/octet-stream", string(yjsOf(90, "Minutes"))},
	} {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, killed=%t", format, killed), func(t *testing.T) {
				inHookBubble(t, ", format: "+format, func(h *hooked) {
					h.receiver.Put("minutes", before[0], before[1])
					ann := h.user(1, "ann", "minutes")
					h.receiver.Fail(standin.Fault{Route: standin.Store, CarriedOut: true, Cut: true})
					h.receiver.Fail(standin.Fault{Route: standin.Load, Status: http.StatusInternalServerError})
					ann.types("hello")
					time.Sleep(5 * time.Second)
					mustHave(t, h.content("minutes"), "hello")
					ann.types(" again")
					time.Sleep(time.Second)
					h.killed.Store(killed)
					ann.leaves()
					if killed {
						h.stop()
						h.start()
					}
					h.receiver.ClearFaults()
					h.engine.Resume(context.Background(), []string{roomkey.MustParse("record:minutes").String()})
					time.Sleep(time.Minute)
					mustHave(t, h.content("minutes"), "hello again")
					if n := strings.Count(h.content("minutes"), "hello"); n != 1 {
						t.Errorf("hello is there %d times: %q", n, h.content("minutes"))
					}
				})
			})
		}
	}
}

// TestReceiversWithoutETags shows that changes by others are merged although the receiver has no
// ETags, as documents are compared before they are stored.
func TestReceiversWithoutETags(t *testing.T) {
	const keys = "authorize: 'http://h.example/authorize', load: 'http://h.example/load', store: 'http://h.example/store'"
	inHookBubbleWith(t, keys, standin.Options{NoETags: true}, func(h *hooked) {
		h.receiver.Put("minutes", "text/markdown", "# Minutes")
		ann := h.user(1, "ann", "minutes")
		ann.types("hello")
		time.Sleep(5 * time.Second)
		mustHave(t, h.content("minutes"), "Minutes", "hello")
		h.receiver.Put("minutes", "text/markdown", h.content("minutes")+"\n\nelsewhere")
		ann.types(" again")
		time.Sleep(20 * time.Second)
		mustHave(t, h.content("minutes"), "Minutes", "hello again", "elsewhere")
		ann.leaves()
	})
}

// TestDeletedDocuments shows that a document that was deleted while people edit it is not created
// again by their edits, which stay here, and that one that is deleted for good is not opened.
func TestDeletedDocuments(t *testing.T) {
	inHookBubble(t, "", func(h *hooked) {
		h.receiver.Put("minutes", "text/markdown", "# Minutes")
		ann := h.user(1, "ann", "minutes")
		ann.types("hello")
		time.Sleep(5 * time.Second)
		h.receiver.Delete("minutes", false)
		ann.types(" again")
		time.Sleep(3 * time.Minute)
		if d, ok := h.receiver.Document("minutes"); ok {
			t.Errorf("it is back: %+v", d)
		}
		if len(ann.closes()) != 0 {
			t.Errorf("ann: %v", ann.closes())
		}
		ann.leaves()
		h.receiver.Delete("gone", true)
		h.receiver.Allow("token-cached", standin.User{ID: "c", Access: "write"})
		bob := h.connect(2, "token-bob", "gone")
		time.Sleep(5 * time.Second)
		if bob.closes()[4404] == 0 {
			t.Errorf("bob: %v", bob.closes())
		}
		bob.leaves()
	})
}

// TestStoreAlone shows that with hooks.store alone documents begin empty, are copied to the
// receiver, and stay here for good.
func TestStoreAlone(t *testing.T) {
	const keys = "authorize: 'http://h.example/authorize', store: 'http://h.example/store'"
	inHookBubbleWith(t, keys, standin.Options{NoETags: true}, func(h *hooked) {
		ann := h.user(1, "ann", "minutes")
		for _, word := range []string{"one", " two"} {
			ann.types(word)
			time.Sleep(5 * time.Minute)
		}
		mustHave(t, h.content("minutes"), "one two")
		ann.leaves()
		time.Sleep(48 * time.Hour)
		rooms, err := h.store.Rooms(context.Background())
		if err != nil || len(rooms) != 1 || !rooms[0].Expires.IsZero() || h.receiver.Count(standin.Load) != 0 {
			t.Errorf("%+v, %v, %d loads", rooms, err, h.receiver.Count(standin.Load))
		}
	})
}

// TestYjsContentsThatAreNoDocuments shows that nobody is admitted to a document of which the
// content is malformed, lacks a part or is too large.
func TestYjsContentsThatAreNoDocuments(t *testing.T) {
	first := &visitor{id: 9}
	first.update("first")
	for name, content := range map[string][]byte{
		"malformed": []byte("# Markdown"), "a part": first.update("second"), "too large": yjsOf(9, strings.Repeat("x", 17<<20)),
	} {
		inHookBubble(t, ", format: yjs", func(h *hooked) {
			h.receiver.Put("minutes", "application/octet-stream", string(content))
			v := h.connect(1, "token-ann", "minutes")
			time.Sleep(20 * time.Second)
			if v.closes()[4500] == 0 || h.receiver.Count(standin.Store) != 0 || h.lines("room cannot begin") == 0 {
				t.Errorf("%s: %v, %d calls of hooks.store", name, v.closes(), h.receiver.Count(standin.Store))
			}
			v.leaves()
		})
	}
}

// TestHooksThatCannotLoad shows that nobody is admitted to a document that cannot be loaded, and
// what a client is told: text that is written on an empty page would replace the content.
func TestHooksThatCannotLoad(t *testing.T) {
	for name, fault := range map[string]standin.Fault{
		"down":         {Status: 500},
		"HTML":         {Body: "<h1>Log in</h1>", Type: "text/html"},
		"a proxy's":    {Status: 404, Body: "not found", Type: "text/plain"},
		"unknown node": {Body: `{"type":"doc","content":[{"type":"callout"}]}`},
	} {
		inHookBubble(t, ", format: json, attempts: 1", func(h *hooked) {
			fault.Route = standin.Load
			h.receiver.Fail(fault)
			v := h.connect(1, "token-ann", "minutes")
			time.Sleep(20 * time.Second)
			if codes := v.closes(); codes[4503] == 0 || len(codes) != 1 {
				t.Errorf("%s: %v", name, codes)
			}
			v.leaves()
			if h.receiver.Count(standin.Store) != 0 {
				t.Errorf("%s: it was stored", name)
			}
		})
	}
}
