package hookports

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/recordsync/recordstest"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/hooks"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// backend is a receiver of hooks behind the port of records.
type backend struct {
	receiver *standin.Receiver
	records  *Records
	format   hooks.Format
}

func (b *backend) Records() recordsync.Records { return b.records }
func (b *backend) Credential() string          { return "" } // an id is no secret
func (b *backend) Delete(id string)            { b.receiver.Delete(id, false) }
func (b *backend) Break()                      { b.receiver.Fail(standin.Fault{Status: http.StatusInternalServerError}) }
func (b *backend) Repair()                     { b.receiver.ClearFaults() }

var types = map[hooks.Format]string{
	hooks.Markdown: "text/markdown", hooks.JSON: "application/json", hooks.Yjs: "application/octet-stream",
}

// Updates are opaque to the port: tests use texts in their place.
func (b *backend) Put(id, text string) {
	if b.format == hooks.JSON {
		text = jsonOf(text)
	}
	b.receiver.Put(id, types[b.format], text)
}

func (b *backend) Text(id string) string {
	d, _ := b.receiver.Document(id)
	if b.format != hooks.JSON {
		return d.Body
	}
	var doc struct {
		Content []struct {
			Content []struct{ Text string }
		}
	}
	if json.Unmarshal([]byte(d.Body), &doc) != nil || len(doc.Content) != 1 || len(doc.Content[0].Content) != 1 {
		return d.Body
	}
	return doc.Content[0].Content[0].Text
}

func (b *backend) Content(text string) engine.Draft {
	if b.format == hooks.Yjs {
		return engine.Draft{Update: []byte(text)}
	}
	return engine.Draft{Markdown: text}
}

func (b *backend) TextOf(t engine.Text) string {
	if b.format == hooks.Yjs {
		return string(t.Update)
	}
	return t.Markdown
}

func jsonOf(text string) string {
	quoted, _ := json.Marshal(text)
	return `{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":` + string(quoted) + `}]}]}`
}

func newBackend(t *testing.T, format hooks.Format, opt standin.Options, change func(*hooks.Config)) *backend {
	t.Helper()
	receiver := standin.New(opt)
	url, stop, err := receiver.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	secret, err := standardwebhooks.ParseSecret(standin.DefaultSecret)
	if err != nil {
		t.Fatal(err)
	}
	cfg := hooks.Config{
		Load: url + "/load", Store: url + "/store", Secrets: []standardwebhooks.Secret{secret}, Options: httpcall.Options{Attempts: 1, BreakerPause: time.Millisecond},
	}
	if change != nil {
		change(&cfg)
	}
	client, err := hooks.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &backend{receiver, NewRecords(client, format, markdown.Schema{}), format}
}

// TestHooksKeepTheContract runs the suite of the port of records with each format, and with
// receivers that have no ETags.
func TestHooksKeepTheContract(t *testing.T) {
	for _, format := range []hooks.Format{hooks.Markdown, hooks.JSON, hooks.Yjs} {
		for name, opt := range map[string]standin.Options{"ETags": {}, "no ETags": {NoETags: true}} {
			t.Run(string(format)+" "+name, func(t *testing.T) {
				recordstest.Run(t, func(t *testing.T) recordstest.Backend { return newBackend(t, format, opt, nil) })
			})
		}
	}
}

// TestNewDocumentsAreCreatedOnce shows that a document that the receiver does not have is new, that
// storing it creates it, and that a document that somebody else has created meanwhile is merged.
func TestNewDocumentsAreCreatedOnce(t *testing.T) {
	for name, opt := range map[string]standin.Options{"ETags": {}, "no ETags": {NoETags: true}} {
		b := newBackend(t, hooks.Markdown, opt, nil)
		if _, err := b.records.Fetch(t.Context(), room, ""); !isNew(err) {
			t.Errorf("%s: %v", name, err)
		}
		saved, err := b.records.SaveDraft(t.Context(), room, engine.Draft{Markdown: "ours", Writers: []string{"ann", ""}})
		if d, _ := b.receiver.Document("r"); err != nil || saved.Revision == "" || d.Body != "ours" || strings.Join(d.Users, ",") != "ann" {
			t.Errorf("%s: %+v, %v; %+v", name, saved, err, d)
		}
		_, err = b.records.SaveDraft(t.Context(), room, engine.Draft{Markdown: "others"})
		if changed, ok := err.(*engine.ChangedError); !ok || changed.Now.Markdown != "ours" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReceiversWithoutLoad shows that a document is stored without a revision, and that a conflict
// is an error, where nothing can be loaded.
func TestReceiversWithoutLoad(t *testing.T) {
	b := newBackend(t, hooks.Markdown, standin.Options{NoETags: true}, func(c *hooks.Config) { c.Load = "" })
	for range 2 {
		saved, err := b.records.SaveDraft(t.Context(), room, engine.Draft{Markdown: "ours"})
		if err != nil || saved.Revision != "" {
			t.Errorf("%+v, %v", saved, err)
		}
	}
	if _, err := b.records.Fetch(t.Context(), room, ""); !isNew(err) {
		t.Error(err)
	}
	b.receiver.Fail(standin.Fault{Status: http.StatusConflict, Body: "{}"})
	_, err := b.records.SaveDraft(t.Context(), room, engine.Draft{Markdown: "ours"})
	if _, ok := err.(*engine.ChangedError); err == nil || ok {
		t.Errorf("%v", err)
	}
}

var room = roomkey.MustParse("record:r")

func isNew(err error) bool { return errors.Is(err, engine.ErrNew) }
