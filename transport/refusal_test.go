package transport

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// authFunc is an Authenticator made of a function.
type authFunc func(ctx context.Context, token string) (engine.Identity, error)

func (d authFunc) Admit(ctx context.Context, token string, _ roomkey.Key) (auth.Session, error) {
	who, err := d(ctx, token)
	return auth.Session{Identity: who}, err
}

// TestRefusals checks the messages and the close of each refused client: each is upgraded to a
// WebSocket first.
func TestRefusals(t *testing.T) {
	old := signToken(t, claimIn("exp", -time.Hour))
	broken := authFunc(func(context.Context, string) (engine.Identity, error) {
		return engine.Identity{}, errors.New("the session service is down")
	})
	strict := authFunc(func(context.Context, string) (engine.Identity, error) {
		return engine.Identity{}, &engine.CloseError{Code: engine.CloseForbidden, Reason: "not yours"}
	})
	for _, test := range []struct {
		name   string
		auth   auth.Authenticator
		cfg    Config
		target string
		code   engine.CloseCode
		reason string
		denied bool
		log    string
	}{
		{"no token", testJWT, Config{}, "/realtime/records/a", engine.CloseAuthFailed, "token missing", true, `"WARN"`},
		{"bad token", testJWT, Config{}, "/realtime/records/a?token=x", engine.CloseAuthFailed, "token malformed", true, `"WARN"`},
		{"expired token", testJWT, Config{}, "/realtime/records/a?token=" + old, engine.CloseAuthFailed, "token expired", true, `"WARN"`},
		{"no permission", strict, Config{}, "/realtime/records/a", engine.CloseForbidden, "not yours", true, `"WARN"`},
		{"failure of ours", broken, Config{}, "/realtime/records/a", engine.CloseInternal, "internal error", false, `"ERROR"`},
		{"unknown kind", auth.AllowAll{}, Config{}, "/realtime/secrets/a", engine.CloseRoomNotFound, "no such kind of room", false, `"INFO"`},
		{"bad id", auth.AllowAll{}, Config{}, "/realtime/records/..", engine.CloseRoomNotFound, "not a record id", false, `"INFO"`},
		{"disabled", auth.AllowAll{}, Config{Disabled: true}, "/realtime/records/a", engine.CloseUnavailable, "realtime is disabled", false, `"INFO"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, with(test.cfg), withAuth(test.auth))
			c := dial(t, w, test.target)
			c.sendMessage(protocol.SyncRequest, []byte{0}) // as every client does at once
			if test.denied {
				if got := string(c.receive(protocol.Failure)); got != test.reason {
					t.Errorf("denied because %q", got)
				}
			}
			c.mustClose(test.code, test.reason)
			w.mustLog("connection refused", test.log, `"remote":"127.0.0.1"`, test.reason)
			if strings.Contains(w.log.String(), "token=") || strings.Contains(w.log.String(), old) {
				t.Errorf("the log has the query:\n%s", w.log)
			}
		})
	}
}

// TestDrainingIsNotReady shows that a load balancer whose request came before the listener was
// closed is answered "not ready".
func TestDrainingIsNotReady(t *testing.T) {
	w := newWorld(t)
	w.end()
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if body := answer.Body.String(); answer.Code != 503 || body != `{"status":"unavailable","reason":"draining"}`+"\n" {
		t.Errorf("%d %s", answer.Code, body)
	}
}

// TestDisabledIsNotReady shows that /readyz answers "not ready" if realtime is disabled.
func TestDisabledIsNotReady(t *testing.T) {
	w := newWorld(t, with(Config{Disabled: true}))
	if status, body, _ := w.get("/readyz"); status != 503 || body != `{"status":"unavailable","reason":"realtime is disabled"}`+"\n" {
		t.Errorf("%d %s", status, body)
	}
	if status, _, _ := w.get("/healthz"); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
}

// TestRefusedClientThatStays shows that a refused client is cut off if it neither answers nor
// closes.
func TestRefusedClientThatStays(t *testing.T) {
	w := newWorld(t, with(Config{CloseTimeout: time.Second}))
	c := dial(t, w, "/realtime/records/..")
	c.await(gws.OpcodeCloseConnection)
	if _, _, err := c.next(); err == nil {
		t.Error("something follows the close frame")
	}
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}

// TestFramesWhileAuthenticating shows that frames that come while the token is checked are
// processed later.
func TestFramesWhileAuthenticating(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, withAuth(authFunc(func(context.Context, string) (engine.Identity, error) {
		<-release
		return engine.Identity{ID: "u1"}, nil
	})))
	c := dial(t, w, "/realtime/records/a")
	c.send(gws.OpcodePing, []byte("still there"))
	c.sendMessage(protocol.SyncRequest, []byte{0})
	close(release)
	// The binary frames are our request, and the answer to the client's.
	c.awaitAll(gws.OpcodePong, gws.OpcodeBinary, gws.OpcodeBinary)
}

// TestAuthenticationTimeout shows that the wait for the Authenticator is limited.
func TestAuthenticationTimeout(t *testing.T) {
	w := newWorld(t, with(Config{JoinTimeout: 10 * time.Millisecond}), withAuth(authFunc(func(ctx context.Context, _ string) (engine.Identity, error) {
		<-ctx.Done()
		return engine.Identity{}, ctx.Err()
	})))
	dial(t, w, "/realtime/records/a").mustClose(engine.CloseInternal, "internal error")
}
