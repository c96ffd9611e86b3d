package webhooks

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/engine"
)

// TestDelivery shows the request of an event: its body, its headers and its signature.
func TestDelivery(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.changed("record:a", 3, "1")
		got := w.sites["a.example"].want("document.changed record:a 3")
		const want = `{"type":"document.changed","timestamp":"2000-01-01T00:00:00.000Z",` +
			`"data":{"room":"record:a","version":3,"users":[{"id":"1"}]}}`
		if got[0].body != want {
			t.Errorf("%s", got[0].body)
		}
		if h := got[0].header; h.Get("Content-Type") != "application/json" || !strings.HasPrefix(got[0].id, "msg_") {
			t.Errorf("%v", h)
		}
		w.wantMetric("messages_total", "1")
		w.wantMetric(`attempts_total{outcome="delivered"}`, "1")
		w.wantMetric("outbox_messages", "0")
		w.wantMetric("sending", "1")
	})
}

// TestRetries shows that a message that fails is tried again at the times of the schedule, with the
// same id and body and a new signature, is parked after the last attempt, and is delivered when an
// operator retries it.
func TestRetries(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		s := w.sites["a.example"]
		s.answersCode(500)
		w.changed("record:a", 3)
		pass(24 * time.Hour)
		var at []time.Duration
		got := s.take()
		for _, d := range got {
			at = append(at, d.at.Truncate(100*time.Millisecond))
			if d.id != got[0].id || d.body != got[0].body {
				t.Errorf("attempt at %v: %s, %s", d.at, d.id, d.body)
			}
		}
		want, sum := []time.Duration{0}, time.Duration(0)
		for _, pause := range []string{"5s", "15s", "2m", "10m", "30m", "3h"} {
			d, _ := time.ParseDuration(pause)
			sum += d
			want = append(want, sum)
		}
		if !slices.Equal(at, want) {
			t.Errorf("attempts at %v, want %v", at, want)
		}
		if got[0].header.Get(standardwebhooks.HeaderTimestamp) == got[1].header.Get(standardwebhooks.HeaderTimestamp) {
			t.Error("the timestamp is not the attempt's")
		}
		parked, more, err := w.Messages(context.Background(), Query{Parked: true, Limit: 9})
		if len(parked) != 1 || more || err != nil || parked[0].Tries != 7 || parked[0].Why != "answered with 500" || parked[0].Room != "record:a" {
			t.Fatalf("%+v, %v, %v", parked, more, err)
		}
		w.wantMetric("parked_messages", "1")
		if !strings.Contains(w.out.String(), "is parked after the last attempt") || strings.Contains(w.out.String(), "hidden") {
			t.Error(&w.out)
		}
		s.answers(nil)
		if n, err := w.Retry(context.Background(), "", parked[0].ID); n != 1 || err != nil {
			t.Error(n, err)
		}
		synctest.Wait()
		if again := s.want("document.changed record:a 3"); again[0].id != got[0].id {
			t.Error("the id has changed")
		}
		w.wantMetric("parked_messages", "0")
		if n, err := w.Retry(context.Background(), "", parked[0].ID); n != 0 || err != ErrNoMessage {
			t.Error(n, err)
		}
	})
}

// TestOrder shows that messages of a room are delivered in their order, also while one of them is
// tried again, and that other rooms and other endpoints do not wait for it.
func TestOrder(t *testing.T) {
	inWorld(t, []string{"a.example", "b.example"}, func(w *world) {
		a, b := w.sites["a.example"], w.sites["b.example"]
		a.answers(func(rw http.ResponseWriter, _ *http.Request, d delivery) {
			if strings.Contains(d.body, "record:bad") {
				rw.WriteHeader(503)
			}
		})
		for v := range uint64(3) {
			w.changed("record:bad", v+1)
		}
		w.changed("record:good", 1)
		w.changed("record:good", 2)
		synctest.Wait()
		b.want("document.changed record:bad 1", "document.changed record:bad 2", "document.changed record:bad 3",
			"document.changed record:good 1", "document.changed record:good 2")
		a.want("document.changed record:bad 1", "document.changed record:good 1", "document.changed record:good 2")
		a.answers(nil)
		pass(5 * time.Second)
		a.want("document.changed record:bad 1", "document.changed record:bad 2", "document.changed record:bad 3")
	})
}

// TestBackAfterAnHour shows that a receiver that was away for an hour gets all events, each with
// one id, and each room's in order.
func TestBackAfterAnHour(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		s := w.sites["a.example"]
		s.setDown(true)
		for v := range uint64(60) {
			w.changed(fmt.Sprint("record:", v%3), v+1)
			pass(time.Minute)
		}
		s.setDown(false)
		pass(4 * time.Hour)
		last, n := map[string]uint64{}, 0
		for _, d := range s.take() {
			var room string
			var version uint64
			_, _ = fmt.Sscanf(textOf(t, d), "document.changed %s %d", &room, &version)
			if version <= last[room] {
				t.Errorf("%s has %d after %d", room, version, last[room])
			}
			last[room] = version
			n++
		}
		if n != 60 || last["record:2"] != 60 {
			t.Errorf("%d events, %v", n, last)
		}
		if out := w.out.String(); strings.Count(out, "webhook endpoint fails") != 1 || !strings.Contains(out, "answers again") {
			t.Error(out)
		}
		w.wantMetric("outbox_messages", "0")
	})
}

// TestSlowReceivers shows that receivers that hang, that send their answer's header byte by byte,
// or never end their answer's body hold up no other; that an attempt ends after its time; and that
// the header of an answer is enough.
func TestSlowReceivers(t *testing.T) {
	inWorld(t, []string{"a.example", "hangs.example", "dribbles.example", "endless.example"}, func(w *world) {
		w.sites["hangs.example"].answers(func(_ http.ResponseWriter, r *http.Request, _ delivery) { <-r.Context().Done() })
		w.sites["endless.example"].answers(func(rw http.ResponseWriter, r *http.Request, _ delivery) {
			for r.Context().Err() == nil {
				_, _ = rw.Write([]byte("x"))
				_ = http.NewResponseController(rw).Flush()
				time.Sleep(time.Second)
			}
		})
		w.sites["dribbles.example"].answers(func(rw http.ResponseWriter, _ *http.Request, _ delivery) {
			conn, _, err := http.NewResponseController(rw).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for _, b := range []byte("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 1000)) {
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		for i := range 10 {
			w.changed(fmt.Sprint("record:", i), 1)
		}
		if got := w.sites["a.example"].take(); len(got) != 10 {
			t.Errorf("%d of 10 are delivered beside slow receivers", len(got))
		}
		pass(time.Second)
		if got := w.sites["endless.example"].take(); len(got) != 10 {
			t.Errorf("%d of 10 are delivered to the endless one", len(got))
		}
		if got := w.sites["hangs.example"].take(); len(got) != 4 {
			t.Errorf("%d attempts run at a time, want 4", len(got))
		}
		pass(15 * time.Second)
		w.wantMetric(`attempts_total{outcome="failed"}`, "8")
		if all, _, _ := w.Messages(context.Background(), Query{Endpoint: "hangs.example/hook", Limit: 1}); len(all) != 1 || all[0].Why != "no answer within 15s" {
			t.Errorf("%+v", all)
		}
	})
}

// TestOnlyOneAttemptWhileFailing shows that an endpoint whose last attempt has failed gets one
// request at a time.
func TestOnlyOneAttemptWhileFailing(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		s := w.sites["a.example"]
		s.answersCode(500)
		w.changed("record:first", 1)
		s.take()
		s.answers(func(_ http.ResponseWriter, r *http.Request, _ delivery) { <-r.Context().Done() })
		for i := range 10 {
			w.changed(fmt.Sprint("record:", i), 1)
		}
		pass(time.Second)
		if got := s.take(); len(got) != 1 {
			t.Errorf("%d requests at a time", len(got))
		}
	})
}

// TestRetryAfter shows that an answer may ask for a longer pause, and not for an endless one.
func TestRetryAfter(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		s := w.sites["a.example"]
		asks := func(after string) {
			s.answers(func(rw http.ResponseWriter, _ *http.Request, _ delivery) {
				rw.Header().Set("Retry-After", after)
				rw.WriteHeader(429)
			})
		}
		asks("60")
		w.changed("record:a", 1)
		s.take()
		pass(59 * time.Second)
		s.want()
		asks("99999999")
		pass(2 * time.Second)
		s.want("document.changed record:a 1")
		s.answers(nil)
		pass(3*time.Hour + time.Second)
		s.want("document.changed record:a 1")
	})
}

// TestGone shows that an endpoint that answers with 410 is sent nothing any more, that its messages
// are parked, that others go on, that it stays off through a restart, and that an operator, or a
// reload, turns it on.
func TestGone(t *testing.T) {
	inWorld(t, []string{"a.example", "b.example"}, func(w *world) {
		a, b := w.sites["a.example"], w.sites["b.example"]
		a.answersCode(http.StatusGone)
		w.changed("record:a", 1)
		w.changed("record:a", 2)
		id := a.want("document.changed record:a 1")[0].id
		b.want("document.changed record:a 1", "document.changed record:a 2")
		w.wantMetric("endpoints_off", "1")
		w.wantMetric(`attempts_total{outcome="off"}`, "1")
		w.wantMetric(`lost_total{reason="off"}`, "1")
		a.answers(nil)
		w.stop()
		w.start()
		pass(24 * time.Hour)
		a.want()
		all, err := w.Endpoints(context.Background())
		if err != nil || all[0].Off == "" || all[0].Parked != 1 || all[1].Off != "" || all[0].URL != "http://a.example/hook" {
			t.Errorf("%+v, %v", all, err)
		}
		for _, id := range []string{"", id} {
			if n, err := w.Retry(context.Background(), "a.example/hook", id); n != 0 || err != ErrEndpointOff {
				t.Errorf("%q is retried while the endpoint is off: %d, %v", id, n, err)
			}
		}
		if err := w.SendTest(context.Background(), "a.example/hook"); err != ErrEndpointOff {
			t.Error(err)
		}
		if err := w.Enable(context.Background(), "a.example/hook"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.changed("record:a", 3)
		a.want("document.changed record:a 3")
		if n, err := w.Retry(context.Background(), "a.example/hook", ""); n != 1 || err != nil {
			t.Error(n, err)
		}
		synctest.Wait()
		a.want("document.changed record:a 1")
		a.answersCode(http.StatusGone)
		w.changed("record:a", 4)
		a.answers(nil)
		if err := w.Reconfigure(context.Background(), w.c.Settings); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.changed("record:a", 5)
		a.want("document.changed record:a 4", "document.changed record:a 5")
		if err := w.Enable(context.Background(), "other"); err != ErrNoEndpoint {
			t.Error(err)
		}
	})
}

// TestRedirects shows that redirects are not followed.
func TestRedirects(t *testing.T) {
	inWorld(t, []string{"a.example", "b.example"}, func(w *world) {
		w.sites["a.example"].answers(func(rw http.ResponseWriter, r *http.Request, _ delivery) {
			http.Redirect(rw, r, "http://b.example/elsewhere", http.StatusTemporaryRedirect)
		})
		w.changed("record:a", 1)
		w.sites["b.example"].want("document.changed record:a 1")
		all, _, _ := w.Messages(context.Background(), Query{Limit: 9})
		if len(all) != 1 || all[0].Why != "answered with 307: redirects are not followed" {
			t.Errorf("%+v", all)
		}
	})
}

// TestSecretsForRotation shows that a request has a signature for each secret.
func TestSecretsForRotation(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		second := "whsec_" + strings.Repeat("QUJD", 10)
		w.c.Endpoints[0].Secrets = append(w.c.Endpoints[0].Secrets, secret(t, second))
		if err := w.Reconfigure(context.Background(), w.c.Settings); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.changed("record:a", 1)
		d := w.sites["a.example"].want("document.changed record:a 1")[0]
		for _, text := range []string{secretText, second} {
			if err := standardwebhooks.Verify(d.header, []byte(d.body), time.Now().Unix(), secret(t, text)); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	})
}

// TestReload shows that endpoints may be added and removed while events are sent: the messages of
// one that is removed are dropped, also parked ones, and that is logged.
func TestReload(t *testing.T) {
	inWorld(t, []string{"a.example", "b.example"}, func(w *world) {
		a, b := w.sites["a.example"], w.sites["b.example"]
		a.setDown(true)
		w.changed("record:parked", 1)
		pass(24 * time.Hour)
		w.changed("record:a", 1)
		b.take()
		only := w.c.Settings
		only.Endpoints = only.Endpoints[1:]
		if err := w.Reconfigure(context.Background(), only); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if all, _, err := w.Messages(context.Background(), Query{Limit: 9}); len(all) != 0 || err != nil {
			t.Errorf("%+v, %v", all, err)
		}
		if !strings.Contains(w.out.String(), "their endpoint is not in the configuration any more") {
			t.Error(&w.out)
		}
		w.wantMetric(`lost_total{reason="removed"}`, "2")
		a.setDown(false)
		w.changed("record:a", 2)
		a.want()
		b.want("document.changed record:a 2")
		if err := w.Reconfigure(context.Background(), w.c.Settings); err != nil {
			t.Fatal(err)
		}
		w.changed("record:a", 3)
		a.want("document.changed record:a 3")
		b.want("document.changed record:a 3")
	})
}

// TestFirstEndpointByReload shows that without endpoints there is neither an outbox nor a
// goroutine, and that a reload that adds the first one makes both.
func TestFirstEndpointByReload(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		with := w.c.Settings
		w.c.Endpoints = nil
		opened := 0
		open := w.c.Open
		w.c.Open = func(ctx context.Context) (Outbox, error) { opened++; return open(ctx) }
		w.start()
		w.changed("record:a", 1)
		if opened != 0 || w.Active() {
			t.Error("the outbox is open without an endpoint")
		}
		if err := w.Reconfigure(context.Background(), with); err != nil {
			t.Fatal(err)
		}
		w.changed("record:a", 2)
		w.sites["a.example"].want("document.changed record:a 2")
		if opened != 1 {
			t.Errorf("opened %d times", opened)
		}
	})
}

// TestChangesBecomeOne shows that changes of a document that wait for the outbox become one event,
// with all users.
func TestChangesBecomeOne(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		other := w.sentByOther()
		w.setOutboxBytes(1)
		s := w.sites["a.example"]
		w.changed("record:first", 1)
		for i := range 5 {
			w.changed("record:a", uint64(i+1), fmt.Sprint(i%2))
			w.Announce(engine.Announcement{Kind: engine.DocumentStored, Room: "record:b", Version: 1})
		}
		pass(time.Second)
		if got := w.metric("waiting_events"); got != "6" && got != "7" {
			t.Errorf("%s events wait", got)
		}
		if !strings.Contains(w.out.String(), "outbox of webhooks is full") {
			t.Error(&w.out)
		}
		w.setOutboxBytes(1 << 20)
		other.set("")
		pass(time.Hour)
		users := map[string]bool{}
		for _, d := range s.take() {
			if strings.Contains(d.body, "record:a") {
				for _, id := range []string{"0", "1"} {
					users[id] = users[id] || strings.Contains(d.body, `{"id":"`+id+`"}`)
				}
			}
		}
		if len(users) != 2 || !users["0"] || !users["1"] {
			t.Errorf("%v", users)
		}
		w.wantMetric("waiting_events", "0")
		w.wantMetric("outbox_messages", "0")
	})
}

// TestLongNames shows that people with ids and names of any length keep no event from being sent:
// names are cut, and people with too long an id are left out.
func TestLongNames(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		n := engine.Announcement{Kind: engine.DocumentChanged, Room: "record:a", Version: 1, Time: time.Now()}
		for i := range 100 {
			n.Writers = append(n.Writers, engine.Writer{ID: fmt.Sprint("u", i), Name: strings.Repeat("<ä", 1000*i)})
		}
		n.Writers[7].ID = strings.Repeat("u", maxUserID+1)
		if err := w.Keep(context.Background(), n); err != nil {
			t.Error(err)
		}
		w.Announce(n)
		w.changed("record:a", 2)
		pass(time.Minute)
		body := w.sites["a.example"].want("document.changed record:a 1", "document.changed record:a 2")[0].body
		if strings.Contains(body, "uuu") || strings.Count(body, `"id"`) != 99 || strings.Count(body, "ä") != 98*(maxUserName/3) {
			t.Errorf("%d bytes, %d names", len(body), strings.Count(body, "ä"))
		}
	})
}

// TestTooManyEventsAreLost shows that the list in memory is bounded while the outbox is full, and
// that what is lost is counted.
func TestTooManyEventsAreLost(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.sentByOther()
		w.setOutboxBytes(1)
		w.changed("record:first", 1)
		for range maxWaiting + 10 {
			w.Announce(engine.Announcement{Kind: engine.DocumentStored, Room: "record:b", Version: 1})
		}
		synctest.Wait()
		w.wantMetric("waiting_events", fmt.Sprint(maxWaiting))
		w.wantMetric(`lost_total{reason="full"}`, "10")
		w.mu.Lock()
		w.waiting, w.changes = nil, map[string]*event{}
		w.mu.Unlock()
	})
}

// TestTestEvent shows that an operator can have an event sent to an endpoint that asks for no
// such type.
func TestTestEvent(t *testing.T) {
	inWorld(t, []string{"a.example", "b.example"}, func(w *world) {
		if err := w.SendTest(t.Context(), "b.example/hook"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		w.sites["a.example"].want()
		w.sites["b.example"].want("webhook.test")
		if err := w.SendTest(t.Context(), "c.example/hook"); err != ErrNoEndpoint {
			t.Error(err)
		}
	})
}
