package webhooks

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// TestReloadWithFullDisk shows that a new secret is in effect after a reload although nothing can
// be put into the outbox: an old one must not be used any longer.
func TestReloadWithFullDisk(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		full := new(atomic.Bool)
		w.c.Open = func(context.Context) (Outbox, error) { return takesNothing{w.box.Open(), full}, nil }
		w.start()
		s := w.sites["a.example"]
		s.setDown(true)
		w.changed("record:a", 1)
		full.Store(true)
		second := "whsec_" + strings.Repeat("QUJD", 10)
		w.c.Endpoints[0].Secrets = append(w.c.Endpoints[0].Secrets, secret(t, second))
		if err := w.Reconfigure(context.Background(), w.c.Settings); err != nil {
			t.Fatal(err)
		}
		s.setDown(false)
		pass(time.Minute)
		d := s.want("document.changed record:a 1")[0]
		if err := standardwebhooks.Verify(d.header, []byte(d.body), time.Now().Unix(), secret(t, second)); err != nil {
			t.Error(err)
		}
		full.Store(false)
	})
}

// TestReloadThatFails shows that a reload with the first endpoint changes nothing if the outbox
// cannot be opened, and that the next one can.
func TestReloadThatFails(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		with, open := w.c.Settings, w.c.Open
		w.c.Settings = Settings{}
		failure := errors.New("permission denied")
		w.c.Open = func(ctx context.Context) (Outbox, error) {
			if failure != nil {
				return nil, failure
			}
			return open(ctx)
		}
		w.start()
		if err := w.Reconfigure(context.Background(), with); !errors.Is(err, failure) {
			t.Error(err)
		}
		w.changed("record:a", 1)
		if w.Active() || w.metric("waiting_events") != "0" {
			t.Errorf("the endpoint is in effect: %s events wait", w.metric("waiting_events"))
		}
		failure = nil
		if err := w.Reconfigure(context.Background(), with); err != nil {
			t.Error(err)
		}
		w.changed("record:a", 2)
		w.sites["a.example"].want("document.changed record:a 2")
	})
}
