package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// provider is an identity provider that answers requests for its keys.
type provider struct {
	mu       sync.Mutex
	answer   answer
	requests int
}

type answer struct {
	status int
	header http.Header
	body   string
	err    error
	delay  time.Duration
}

// RoundTrip implements http.RoundTripper.
func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.requests++
	a := p.answer
	p.mu.Unlock()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(a.delay):
	}
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func (p *provider) set(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = a
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// remote is a server that has the keys of a provider, in a bubble.
type remote struct {
	*JWT
	t        *testing.T
	provider *provider
	keys     *RemoteKeys
	log      bytes.Buffer
	issuer   issuer
	rsa, ec  members
}

// withRemote calls do while Run is running. before sets the provider's answers, which has none
// else.
func withRemote(t *testing.T, c RemoteKeysConfig, before func(r *remote), do func(t *testing.T, r *remote)) {
	t.Helper()
	i := newIssuer(t)
	rsa, ec, _ := i.jwks(t)
	synctest.Test(t, func(t *testing.T) {
		r := &remote{t: t, provider: &provider{answer: answer{status: 503}}, issuer: i, rsa: rsa, ec: ec}
		if before != nil {
			before(r)
		}
		c.URL, c.Transport = "https://idp.example/secret-path", r.provider
		keys, err := NewRemoteKeys(c, slog.New(slog.NewTextHandler(&r.log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		r.keys, r.JWT = keys, NewJWT(JWTConfig{Keys: []Key{SecretKey(secret)}, Remote: keys})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); keys.Run(ctx) }()
		synctest.Wait()
		do(t, r)
		cancel()
		<-ended
		if text := r.log.String(); strings.Contains(text, "secret-path") || strings.Contains(text, rsa["n"].(string)[:16]) {
			t.Errorf("the log says too much: %s", text)
		}
	})
}

func (r *remote) publish(keys ...members) {
	r.provider.set(answer{status: 200, body: string(keySet(r.t, keys...))})
}

// token returns a token that is signed with the issuer's RSA key and names the key kid.
func (r *remote) token(kid string) string {
	r.t.Helper()
	claims := jwt.MapClaims{"sub": "u1", "name": "Ann", "exp": time.Now().Add(time.Hour).Unix()}
	return signWith(r.t, jwt.SigningMethodRS256, r.issuer.rsa, claims, map[string]any{"kid": kid})
}

// mustRefuseForNow checks that a token is refused with an error after which its bearer may come
// again.
func (r *remote) mustRefuseForNow(token string) {
	r.t.Helper()
	_, err := r.Admit(r.t.Context(), token, roomkey.MustParse("record:r"))
	e, ok := errors.AsType[*engine.CloseError](err)
	if !ok || e.Code != engine.CloseUnavailable || e.Reason != "the key of this token is not known yet, try again" {
		r.t.Errorf("%v", err)
	}
}

func (r *remote) mustCount(want int) {
	r.t.Helper()
	if n := r.provider.count(); n != want {
		r.t.Errorf("%d requests, want %d", n, want)
	}
}

func (r *remote) mustLog(text string, times int) {
	r.t.Helper()
	synctest.Wait()
	if n := strings.Count(r.log.String(), text); n != times {
		r.t.Errorf("%q is logged %d times, want %d:\n%s", text, n, times, r.log.String())
	}
}

func (r *remote) mustMeasure(lines ...string) {
	r.t.Helper()
	synctest.Wait()
	var b bytes.Buffer
	r.keys.WriteMetrics(&b)
	for _, line := range lines {
		if !strings.Contains(b.String(), line+"\n") {
			r.t.Errorf("no %s in\n%s", line, b.String())
		}
	}
}

const (
	fails    = "cannot be fetched"
	succeeds = "can be fetched again"
)

// TestRemoteKeysRotate shows that after a change of the keys a token with a new key is admitted at
// once, and one with an old key refused.
func TestRemoteKeysRotate(t *testing.T) {
	withRemote(t, RemoteKeysConfig{}, func(r *remote) { r.publish(withMember(r.rsa, "kid", "old"), r.ec) }, func(t *testing.T, r *remote) {
		r.mustAdmit(t, "old", r.token("old"))
		time.Sleep(time.Minute)
		r.publish(withMember(r.rsa, "kid", "new"), r.ec)
		r.mustAdmit(t, "old, not fetched yet", r.token("old"))
		r.mustCount(1)
		r.mustAdmit(t, "new", r.token("new"))
		r.mustCount(2)
		time.Sleep(time.Minute)
		r.mustRefuse(t, "old", r.token("old"), unknownKey)
		r.mustCount(3)
		r.mustAdmit(t, "secret", sign(t, jwt.SigningMethodHS256, secret, nil))
		r.mustMeasure(`realtime_jwks_fetches_total{outcome="ok"} 3`, `realtime_jwks_keys 2`, `realtime_jwks_key_unknown_total 0`)
	})
}

// TestRemoteKeysRefresh shows that keys are fetched after the interval, also if no token needs
// them.
func TestRemoteKeysRefresh(t *testing.T) {
	withRemote(t, RemoteKeysConfig{Refresh: time.Hour}, func(r *remote) { r.publish(r.rsa) }, func(t *testing.T, r *remote) {
		time.Sleep(10*time.Hour + time.Second)
		synctest.Wait()
		if n := r.provider.count(); n < 11 || n > 13 {
			t.Errorf("%d requests in ten hours", n)
		}
		r.mustLog("keys of the identity provider have changed", 1)
	})
}

// TestRemoteKeysProviderAway shows that tokens are refused for now while the provider has never
// answered, and admitted when it has answered once, even after it fails again.
func TestRemoteKeysProviderAway(t *testing.T) {
	withRemote(t, RemoteKeysConfig{}, nil, func(t *testing.T, r *remote) {
		r.mustRefuseForNow(r.token("rsa"))
		r.mustAdmit(t, "secret", sign(t, jwt.SigningMethodHS256, secret, nil))
		time.Sleep(time.Minute)
		if n := r.provider.count(); n < 4 || n > 10 {
			t.Errorf("%d requests in a minute", n)
		}
		r.mustLog(fails, 1)
		r.publish(r.rsa)
		time.Sleep(2 * time.Minute)
		r.mustAdmit(t, "RSA", r.token("rsa"))
		r.mustLog(succeeds, 1)
		r.mustMeasure(`realtime_jwks_keys 1`, `realtime_jwks_key_unknown_total 1`)

		r.provider.set(answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}})
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		r.mustLog(fails, 2)
		r.mustLog("dial tcp: refused", 1)
		r.mustAdmit(t, "RSA, a day later", r.token("rsa"))
		time.Sleep(time.Minute)
		r.mustRefuseForNow(r.token("other"))
		r.publish(r.rsa)
		time.Sleep(2 * time.Minute)
		r.mustLog(succeeds, 2)
	})
}

// TestRemoteKeysBadAnswers shows that an unusable answer leaves the earlier keys in use.
func TestRemoteKeysBadAnswers(t *testing.T) {
	withRemote(t, RemoteKeysConfig{MaxBody: 4096}, func(r *remote) { r.publish(r.rsa) }, func(t *testing.T, r *remote) {
		oct := members{"kty": "oct", "kid": "rsa", "alg": "HS256", "k": b64(secret)}
		good := string(keySet(t, r.rsa))
		for name, a := range map[string]answer{
			"500":       {status: 500, body: good},
			"redirect":  {status: 302, body: good, header: http.Header{"Location": {"http://idp.example/"}}},
			"too large": {status: 200, body: good + strings.Repeat(" ", 5000)},
			"no JSON":   {status: 200, body: "<html>"},
			"no keys":   {status: 200, body: "{}"},
			"symmetric": {status: 200, body: string(keySet(t, oct))},
			"private":   {status: 200, body: string(keySet(t, withMember(r.rsa, "d", "AQ")))},
			"weak":      {status: 200, body: string(keySet(t, withMember(r.rsa, "n", b64(r.issuer.rsa.N.Bytes()[:128]))))},
			"slow":      {status: 200, body: good, delay: time.Hour},
		} {
			before := r.provider.count()
			r.provider.set(a)
			time.Sleep(15 * time.Minute)
			synctest.Wait()
			if r.provider.count() == before {
				t.Errorf("%s: no request", name)
			}
			r.mustAdmit(t, name, r.token("rsa"))
			r.publish(r.rsa)
			time.Sleep(15 * time.Minute)
		}
		r.mustLog(fails, 9)
		r.mustLog(succeeds, 9)
	})
}

// TestRemoteKeysUnusable shows that unusable keys do not prevent the use of the others, and that a
// symmetric key verifies nothing.
func TestRemoteKeysUnusable(t *testing.T) {
	shared := []byte("a secret of the provider's, which the whole world can read at its URL")
	withRemote(t, RemoteKeysConfig{}, func(r *remote) {
		r.publish(members{"kty": "oct", "kid": "oct", "k": b64(shared)}, members{"kty": "new"}, withMember(r.ec, "crv", "P-384"),
			withMember(r.ec, "use", "enc"), members{"kid": 1}, r.rsa, withMember(r.ec, "kid", "rsa"))
	}, func(t *testing.T, r *remote) {
		r.mustAdmit(t, "RSA", r.token("rsa"))
		claims := jwt.MapClaims{"sub": "u1", "name": "Ann", "exp": time.Now().Add(time.Hour).Unix()}
		kid := map[string]any{"kid": "oct"}
		r.mustRefuse(t, "symmetric", signWith(t, jwt.SigningMethodHS256, shared, claims, kid), "token signature invalid")
		none := signWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims, map[string]any{"kid": "rsa"})
		r.mustRefuse(t, "none", none, "token signature invalid")
		r.mustRefuse(t, "other algorithm", signWith(t, jwt.SigningMethodRS512, r.issuer.rsa, claims, map[string]any{"kid": "rsa"}), "token signature invalid")
		r.mustCount(1)
		r.mustLog("keys=1 unusable=5", 1)
	})
}

// unknownKey is the reason for refusing a token whose key the provider does not have.
const unknownKey = "token signed with an unknown key"

// TestRemoteKeysCooldown shows that tokens with a key that does not exist are refused for good, and
// cause one fetch in RemoteKeysConfig.Cooldown.
func TestRemoteKeysCooldown(t *testing.T) {
	withRemote(t, RemoteKeysConfig{Refresh: 24 * time.Hour}, func(r *remote) { r.publish(r.rsa) }, func(t *testing.T, r *remote) {
		for range 10 * 60 {
			time.Sleep(time.Second)
			r.mustRefuse(t, "none", r.token("none"), unknownKey)
		}
		r.mustCount(1 + 20)
		r.mustMeasure(`realtime_jwks_key_unknown_total 0`)
	})
}

// TestRemoteKeysNewKeyInCooldown shows that tokens with a new key are not refused for good shortly
// after a fetch that another unknown key has caused.
func TestRemoteKeysNewKeyInCooldown(t *testing.T) {
	withRemote(t, RemoteKeysConfig{}, func(r *remote) { r.publish(r.rsa) }, func(t *testing.T, r *remote) {
		r.mustRefuse(t, "none", r.token("none"), unknownKey)
		r.publish(withMember(r.rsa, "kid", "new"))
		r.mustRefuseForNow(r.token("new"))
		time.Sleep(10 * time.Second)
		r.mustRefuseForNow(r.token("new"))
		r.mustRefuse(t, "none", r.token("none"), unknownKey)
		r.mustCount(2)
		time.Sleep(20 * time.Second)
		r.mustAdmit(t, "new", r.token("new"))
		r.mustRefuse(t, "none", r.token("none"), unknownKey) // asked for before that fetch
		r.mustCount(3)
		r.mustMeasure(`realtime_jwks_key_unknown_total 2`)
	})
}

// TestRemoteKeysFetchForATokenFails shows that no token with an unknown key is refused for good
// while the fetch for it fails, even if the set before lacked the key.
func TestRemoteKeysFetchForATokenFails(t *testing.T) {
	withRemote(t, RemoteKeysConfig{Refresh: 24 * time.Hour}, func(r *remote) { r.publish(r.rsa) }, func(t *testing.T, r *remote) {
		r.mustRefuse(t, "none", r.token("none"), unknownKey)
		r.provider.set(answer{status: 503})
		time.Sleep(time.Minute)
		r.mustRefuseForNow(r.token("none"))
		r.mustRefuseForNow(r.token("none"))
		r.publish(r.rsa)
		time.Sleep(2 * time.Minute)
		r.mustRefuse(t, "none", r.token("none"), unknownKey)
	})
}

// TestRemoteKeysManyUnknown shows that tokens with more unknown keys than are remembered are
// refused for now, until a fetch is made for them.
func TestRemoteKeysManyUnknown(t *testing.T) {
	withRemote(t, RemoteKeysConfig{Refresh: 24 * time.Hour}, func(r *remote) { r.publish(r.rsa) }, func(t *testing.T, r *remote) {
		r.mustRefuse(t, "first", r.token("first"), unknownKey)
		for n := range 2 * maxUnknownKeys {
			if r.keys.unknown.ask(strconv.Itoa(n)); len(r.keys.unknown.asked) > maxUnknownKeys {
				t.Fatal("there is no bound")
			}
		}
		r.mustRefuseForNow(r.token("last"))
		time.Sleep(time.Minute)
		r.mustRefuse(t, "last", r.token("last"), unknownKey)
		r.mustRefuse(t, "0", r.token("0"), unknownKey)
	})
}

// TestRemoteKeysManyWait shows that many tokens with a new key, at the same time, wait for one
// request.
func TestRemoteKeysManyWait(t *testing.T) {
	withRemote(t, RemoteKeysConfig{}, func(r *remote) { r.publish(r.rsa) }, func(t *testing.T, r *remote) {
		time.Sleep(time.Minute)
		r.provider.set(answer{status: 200, body: string(keySet(t, withMember(r.rsa, "kid", "new"))), delay: 5 * time.Second})
		var all sync.WaitGroup
		for range 50 {
			token := r.token("new")
			all.Go(func() { r.mustAdmit(t, "new", token) })
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Admit(ctx, r.token("new"), roomkey.MustParse("record:r")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		all.Wait()
		r.mustCount(2)
	})
}

// TestRemoteKeysURL shows which URLs of key sets are accepted.
func TestRemoteKeysURL(t *testing.T) {
	for s, ok := range map[string]bool{
		"https://idp.example/jwks": true, "https://idp.example/keys?p=policy": true, "http://127.0.0.1:8080/jwks": true,
		"http://localhost/jwks": true, "http://[::1]/jwks": true,
		"http://idp.example/jwks": false, "http://127.0.0.1.example/": false, "http://10.0.0.1/": false, "ftp://localhost/": false,
		"https://user:password@idp.example/": false, "https://idp.example/#keys": false, "https:///jwks": false, "jwks.json": false, "": false, "https://%": false,
	} {
		_, err := NewRemoteKeys(RemoteKeysConfig{URL: s}, slog.New(slog.DiscardHandler))
		if ok != (err == nil) || err != nil && err != ErrKeyURL {
			t.Errorf("%s: %v", s, err)
		}
	}
}
