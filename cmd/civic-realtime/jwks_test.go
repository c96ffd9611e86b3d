package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/lxzan/gws"
)

// keyPair is a key that an identity provider signs tokens with.
type keyPair struct {
	id      string
	private ed25519.PrivateKey
}

func newKeyPair(t *testing.T, id string) keyPair {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{id, private}
}

// value returns the public key as in a key set.
func (k keyPair) value() string {
	return base64.RawURLEncoding.EncodeToString(k.private.Public().(ed25519.PublicKey))
}

func (k keyPair) set() string {
	return fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}]}`, k.id, k.value())
}

func (k keyPair) token(t *testing.T) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"sub": "u1", "exp": time.Now().Add(time.Hour).Unix()})
	token.Header["kid"] = k.id
	signed, err := token.SignedString(k.private)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// probe is a WebSocket client that reports whether it was admitted, or the code that it was closed
// with.
type probe struct {
	gws.BuiltinEventHandler
	answer chan uint16 // 0: admitted
}

// OnMessage distinguishes the state of the room from the reason of a refusal.
func (a probe) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	if bytes.Contains(m.Bytes(), []byte("room_state")) {
		a.report(0)
	}
}

func (a probe) OnClose(_ *gws.Conn, err error) {
	if why, ok := err.(*gws.CloseError); ok {
		a.report(why.Code)
	}
}

func (a probe) report(answer uint16) {
	select {
	case a.answer <- answer:
	default:
	}
}

// mustAnswer connects with a token until the server answers with a close code, or 0 for admitted.
// Until then each answer must be one of meanwhile.
func mustAnswer(t *testing.T, addr, token string, code uint16, meanwhile ...uint16) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		a := probe{answer: make(chan uint16, 1)}
		socket, _, err := gws.NewClient(a, &gws.ClientOption{Addr: "ws://" + addr + "/realtime/records/a?token=" + token})
		if err != nil {
			t.Fatal(err)
		}
		go socket.ReadLoop()
		var got uint16
		select {
		case got = <-a.answer:
		case <-time.After(patience):
			t.Fatal("no answer")
		}
		_ = socket.NetConn().Close()
		if got == code {
			return
		}
		if !slices.Contains(meanwhile, got) || time.Now().After(deadline) {
			t.Fatalf("answered with %d, want %d", got, code)
		}
	}
}

// TestJWKSURL shows which tokens are admitted while an identity provider is unavailable at first,
// answers, changes its keys, and is unavailable again.
func TestJWKSURL(t *testing.T) {
	var keys atomic.Pointer[keyPair] // nil: the provider fails
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k := keys.Load()
		if k == nil {
			http.Error(w, "secret details", http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, k.set())
	}))
	defer provider.Close()
	before, after := newKeyPair(t, "before"), newKeyPair(t, "after")
	url := provider.URL + "/jwks"
	c := write(t, "c.yml", "realtime:\n  auth: {jwt: {jwks_refresh: 1s}}\n")
	p := start(t, []string{"CIVIC_REALTIME_JWKS_URL=" + url}, "serve", "--listen", "127.0.0.1:0", "--config", c)
	output, addr := p.listening()
	if !strings.Contains(output, "JWT") {
		t.Errorf("it says %s", output)
	}
	mustAnswer(t, addr, before.token(t), 4503)
	keys.Store(&before)
	mustAnswer(t, addr, before.token(t), 0, 4503)
	keys.Store(&after)
	mustAnswer(t, addr, after.token(t), 0, 4503)
	mustAnswer(t, addr, before.token(t), 4401, 4503)
	keys.Store(nil)
	awaitMetric(t, addr, `realtime_jwks_fetches_total{outcome="failed"}`, 3)
	mustAnswer(t, addr, after.token(t), 0)
	awaitMetric(t, addr, "realtime_jwks_keys", 1)

	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	p.mustEnd(0, "cannot be fetched", "can be fetched again", "the answer has the status 502")
	for _, secret := range []string{"secret details", before.value(), after.value(), url, after.token(t)} {
		if strings.Contains(p.stderr.String(), secret) {
			t.Errorf("the log has %s: %s", secret, &p.stderr)
		}
	}
}

// awaitMetric waits until a metric has at least this value.
func awaitMetric(t *testing.T, addr, name string, least float64) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		resp, err := http.Get("http://" + addr + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		var value float64
		if _, rest, ok := strings.Cut(string(text), "\n"+name+" "); ok {
			_, _ = fmt.Sscan(rest, &value)
		}
		if value >= least {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is %v", name, value)
		}
	}
}
