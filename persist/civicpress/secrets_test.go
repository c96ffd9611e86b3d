package civicpress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// secretText stands for anything that must not be printed.
const secretText = "hush"

// mustNotQuote fails if v prints a secret in any of the usual ways.
func mustNotQuote(t *testing.T, what string, v any, more ...string) {
	t.Helper()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
	printed := fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v) + log.String()
	for e, ok := v.(error); ok && e != nil; e = errors.Unwrap(e) {
		printed += e.Error()
	}
	for _, secret := range append(more, secretText) {
		if secret != "" && strings.Contains(strings.ToLower(printed), strings.ToLower(secret)) {
			t.Errorf("%s says %q: %s", what, secret, printed)
		}
	}
}

// everyCall makes each kind of call and returns the errors.
func (w *fixture) everyCall(token string) (errs []error) {
	w.t.Helper()
	note := func(err error) { errs = append(errs, err) }
	ctx := w.t.Context()
	_, err := w.Authenticate(ctx, token)
	note(err)
	_, err = w.Authorize(ctx, token, "r")
	note(err)
	base, err := w.LoadRecord(ctx, token, "r")
	note(err)
	_, err = w.SaveDraft(ctx, token, "r", base.Revision(), "hush, a draft")
	note(err)
	_, _, err = w.LoadVerified(ctx, token, "r")
	note(err)
	_, err = w.LoadSnapshot(ctx, token, "r")
	note(err)
	note(w.SaveSnapshot(ctx, token, "r", []byte("hush, a snapshot"), 1))
	return errs
}

// TestErrorsQuoteNoSecrets makes every call fail in every way, and shows that no error has a token,
// a text or an address.
func TestErrorsQuoteNoSecrets(t *testing.T) {
	faults := []standin.Fault{{NoRoute: true}, {Cut: true}, {Cut: true, CarriedOut: true},
		{Delay: time.Hour},
		{Status: 401, Code: "hush"}, {Status: 403, Code: "HUSH text"},
		{Status: 400, Code: strings.Repeat("HUSH", 20)},
		{Status: 429, RetryAfter: "hush"}, {Status: 302, Body: "hush"}}
	for _, status := range []int{200, 400, 401, 403, 404, 413, 429, 500, 503} {
		for _, body := range []string{
			"hush", `{"hush":`, `"hush"`, `{"error":"hush","message":"hush"}`,
			`{"success":false,"error":{"message":"hush","code":"hush","details":"hush"}}`,
			`{"success":false,"error":{"message":"hush","code":"A","details":"Permission denied: hush"}}`,
			`{"success":true,"data":"hush"}`,
			`{"success":true,"data":{"user":"hush","id":{"hush":1},"snapshot":"hush*"}}`,
			`{"success":true,"data":{"id":"hush","markdownBody":{"hush":1}}}`,
			`{"success":true,"data":{"snapshot":"","version":"hush"}}`,
		} {
			faults = append(faults, standin.Fault{Status: status, Body: body})
		}
	}
	for i, fault := range faults {
		withAPI(t, Config{Secret: standin.DefaultSecret}, standin.Options{},
			func(t *testing.T, w *fixture) {
				w.api.Put("r", "hush, the text", map[string]any{"title": "hush, a title",
					"metadata": map[string]any{"hush": 1}})
				w.api.PutDraft("r", "hush, the draft")
				w.api.Fail(fault)
				errs := w.everyCall(w.ann)
				errs = append(errs, w.everyCall("hush-token")...)
				for _, err := range errs {
					mustNotQuote(t, fmt.Sprintf("fault %d", i), err, w.ann, w.ann[:16], w.ann[65:81],
						"api.example")
				}
				time.Sleep(2 * time.Hour)
			})
	}
}

// TestErrorOfBytesThatAreNoHTTP answers with bytes that are not HTTP, which net/http quotes in its
// errors, and shows that our errors do not have them.
func TestErrorOfBytesThatAreNoHTTP(t *testing.T) {
	for _, garbage := range []string{"hush, the text\r\n\r\n", "HTTP/1.1 hush\r\n\r\n", "HTTP/1.1 200 OK\r\nhush hush\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: hush\r\n\r\n"} {
		n := newNetwork()
		go func() {
			for {
				c, err := n.Accept()
				if err != nil {
					return
				}
				go func() {
					_, _ = c.Read(make([]byte, 4096))
					_, _ = io.WriteString(c, garbage)
					_ = c.Close()
				}()
			}
		}()
		c, err := New(Config{URL: "http://api.example", Options: httpcall.Options{Attempts: 1,
			Transport: &http.Transport{DialContext: n.dial}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.LoadRecord(t.Context(), "token", "r")
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%q: %v", garbage, err)
		}
		mustNotQuote(t, "garbage", err)
		c.Close()
		_ = n.Close()
	}
}

// TestPrintedValuesQuoteNoSecrets prints all values that have a token or a text, and shows that
// neither is printed.
func TestPrintedValuesQuoteNoSecrets(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "hush, the text", map[string]any{"title": "hush, a title",
			"metadata": map[string]any{"hush": 1}})
		v, err := w.Authorize(t.Context(), w.ann, "r")
		w.must(err)
		cfg := Config{URL: "http://hush.example", Secret: standin.DefaultSecret,
			Token: secretText + w.ann}
		c, err := New(cfg)
		w.must(err)
		for name, v := range map[string]any{
			"record": v.Record, "record pointer": &v.Record, "user": v.User, "visit": v, "config": cfg, "client": c, "client of a session": w.Client,
			"changed": &ChangedError{Edited, v.Record},
		} {
			mustNotQuote(t, name, v, w.ann, standin.DefaultSecret, "private.example", "clerk")
		}
	})
}

// TestCacheHoldsNoTokens prints the session cache, and shows that no token and no e-mail address is
// in it.
func TestCacheHoldsNoTokens(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.mustAuthenticate(w.ann)
		_, err := w.Authenticate(t.Context(), "hush-token")
		w.mustFail(err, ErrUnauthorized)
		if w.sessions.live.Len() != 1 || w.sessions.refused.Len() != 1 {
			t.Fatal("nothing is remembered")
		}
		for _, k := range w.sessions.live.Keys() {
			v, _ := w.sessions.live.Peek(k)
			if s := fmt.Sprintf("%#v %#v", k, *v); strings.Contains(s, w.ann) ||
				strings.Contains(s, "private.example") {
				t.Errorf("%s", s)
			}
		}
	})
}

// TestTokenIsSentInOneHeader shows that a token is sent in one header, and not to the target of a
// redirect.
func TestTokenIsSentInOneHeader(t *testing.T) {
	var seen []*http.Request
	redirect := roundTrip(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r)
		return &http.Response{StatusCode: 307,
			Header: http.Header{"Location": {"http://elsewhere.example/"}}, Body: http.NoBody,
			Request: r}, nil
	})
	c, err := New(Config{URL: "http://api.example", Options: httpcall.Options{Transport: redirect}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.LoadRecord(t.Context(), "hush-token", "r")
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != ErrAnswer || e.Status != 307 {
		t.Errorf("%v", err)
	}
	if len(seen) != 1 || seen[0].Header.Get("Authorization") != "Bearer hush-token" {
		t.Fatalf("%d requests", len(seen))
	}
	seen[0].Header.Del("Authorization")
	if s := fmt.Sprint(seen[0].URL, seen[0].Header); strings.Contains(s, secretText) {
		t.Errorf("%s", s)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNetworkErrorCauses checks which part of a network error is logged.
func TestNetworkErrorCauses(t *testing.T) {
	for _, test := range []struct {
		cause error
		want  string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")},
			"dial tcp: connection refused"},
		{&net.DNSError{Err: "no such host", Name: "api.example"}, "connection broken"},
		{errors.New("hush"), "connection broken"},
	} {
		c, err := New(Config{URL: "http://api.example", Options: httpcall.Options{Attempts: 1, Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, test.cause })}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.LoadRecord(t.Context(), "token", "r")
		if want := "civicpress: load record: the server does not answer: " + test.want; fmt.Sprint(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
