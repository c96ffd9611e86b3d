package app

import (
	"net/http"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/recordsync/recordstest"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// civicBackend is CivicPress' API behind the port of records.
type civicBackend struct {
	api     *standin.API
	records records
	token   string
}

func (b *civicBackend) Records() recordsync.Records      { return b.records }
func (b *civicBackend) Credential() string               { return b.token }
func (b *civicBackend) Delete(id string)                 { b.api.Remove(id) }
func (b *civicBackend) Break()                           { b.api.Fail(standin.Fault{Status: http.StatusInternalServerError}) }
func (b *civicBackend) Repair()                          { b.api.ClearFaults() }
func (b *civicBackend) TextOf(t engine.Text) string      { return t.Markdown }
func (b *civicBackend) Content(text string) engine.Draft { return engine.Draft{Markdown: text} }

func (b *civicBackend) Put(id, text string) {
	if _, ok := b.api.Draft(id); !ok {
		b.api.Put(id, "published", nil)
	}
	b.api.PutDraft(id, text)
}

func (b *civicBackend) Text(id string) string {
	text, _ := b.api.Draft(id)
	return text
}

// TestCivicPressKeepsTheContract runs the suite of the port of records with CivicPress.
func TestCivicPressKeepsTheContract(t *testing.T) {
	recordstest.Run(t, func(t *testing.T) recordstest.Backend {
		api := standin.New(standin.Options{AuthLimit: -1, Limit: -1})
		url, stop, err := api.Listen()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		client, err := civicpress.New(civicpress.Config{
			URL: url, Secret: standin.DefaultSecret, Options: httpcall.Options{Attempts: 1, BreakerPause: time.Millisecond, RefreshPause: time.Millisecond, NegativeTTL: time.Millisecond},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return &civicBackend{api, records{client}, api.Login("ann", "clerk")}
	})
}
