package standardwebhooks

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// The example of the reference implementation's own tests (npm "standardwebhooks").
const (
	exampleSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	exampleTime      = 1614265330
	exampleBody      = `{"test": 2432232314}`
	exampleSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func secret(t *testing.T, text string) Secret {
	t.Helper()
	s, err := ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func other(t *testing.T) Secret {
	return secret(t, SecretPrefix+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
}

// TestSignsAsTheReferenceDoes compares a signature with the one of the reference implementation.
func TestSignsAsTheReferenceDoes(t *testing.T) {
	got := Sign(exampleID, exampleTime, []byte(exampleBody), secret(t, exampleSecret))
	if got != exampleSignature {
		t.Errorf("%s, want %s", got, exampleSignature)
	}
}

// TestTwoSecretsGiveTwoSignatures shows that a receiver with either secret accepts the request
// while a secret is replaced, and that a secret that is not set adds no signature.
func TestTwoSecretsGiveTwoSignatures(t *testing.T) {
	first, second := secret(t, exampleSecret), other(t)
	header := make(http.Header)
	SignHeader(header, exampleID, exampleTime, []byte(exampleBody), first, Secret{}, second)
	if list := strings.Fields(header.Get(HeaderSignature)); len(list) != 2 || list[0] != exampleSignature {
		t.Errorf("signatures %q", list)
	}
	for _, s := range []Secret{first, second} {
		if err := Verify(header, []byte(exampleBody), exampleTime, s); err != nil {
			t.Error(err)
		}
	}
}

// TestVerifyRefuses shows that a request is refused if anything that is signed differs, if it is
// too old or from the future, and if a header is missing.
func TestVerifyRefuses(t *testing.T) {
	s := secret(t, exampleSecret)
	for name, test := range map[string]struct {
		change  func(h http.Header)
		body    string
		now     int64
		secrets []Secret
		want    error
	}{
		"as signed":          {nil, exampleBody, exampleTime, []Secret{s}, nil},
		"one of two secrets": {nil, exampleBody, exampleTime, []Secret{other(t), s}, nil},
		"within tolerance":   {nil, exampleBody, exampleTime + Tolerance, []Secret{s}, nil},
		"other versions too": {func(h http.Header) { h.Set(HeaderSignature, "v1a,xyz "+exampleSignature) }, exampleBody, exampleTime, []Secret{s}, nil},
		"too old":            {nil, exampleBody, exampleTime + Tolerance + 1, []Secret{s}, ErrTimestamp},
		"from the future":    {nil, exampleBody, exampleTime - Tolerance - 1, []Secret{s}, ErrTimestamp},
		"time is no number":  {func(h http.Header) { h.Set(HeaderTimestamp, "now") }, exampleBody, exampleTime, []Secret{s}, ErrTimestamp},
		"another time":       {func(h http.Header) { h.Set(HeaderTimestamp, "1614265331") }, exampleBody, exampleTime, []Secret{s}, ErrSignature},
		"another body":       {nil, exampleBody + " ", exampleTime, []Secret{s}, ErrSignature},
		"another id":         {func(h http.Header) { h.Set(HeaderID, "msg_1") }, exampleBody, exampleTime, []Secret{s}, ErrSignature},
		"another secret":     {nil, exampleBody, exampleTime, []Secret{other(t)}, ErrSignature},
		"no secret":          {nil, exampleBody, exampleTime, []Secret{{}}, ErrSignature},
		"another version":    {func(h http.Header) { h.Set(HeaderSignature, "v2"+exampleSignature[2:]) }, exampleBody, exampleTime, []Secret{s}, ErrSignature},
		"no base64":          {func(h http.Header) { h.Set(HeaderSignature, "v1,%%") }, exampleBody, exampleTime, []Secret{s}, ErrSignature},
		"no id":              {func(h http.Header) { h.Del(HeaderID) }, exampleBody, exampleTime, []Secret{s}, ErrNotSigned},
		"no time":            {func(h http.Header) { h.Del(HeaderTimestamp) }, exampleBody, exampleTime, []Secret{s}, ErrNotSigned},
		"no signature":       {func(h http.Header) { h.Del(HeaderSignature) }, exampleBody, exampleTime, []Secret{s}, ErrNotSigned},
	} {
		header := make(http.Header)
		SignHeader(header, exampleID, exampleTime, []byte(exampleBody), s)
		if test.change != nil {
			test.change(header)
		}
		if err := Verify(header, []byte(test.body), test.now, test.secrets...); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// TestSecretsHaveOneForm shows which texts are secrets, and that errors do not contain them.
func TestSecretsHaveOneForm(t *testing.T) {
	of := func(n int) string {
		return SecretPrefix + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", n)))
	}
	for text, ok := range map[string]bool{
		exampleSecret: true, " " + exampleSecret + "\n": true, strings.TrimRight(of(32), "="): true,
		of(24): true, of(64): true, of(23): false, of(65): false,
		"": false, "whsec_": false, exampleSecret[6:]: false, "whsec_***": false, "WHSEC_" + exampleSecret[6:]: false,
	} {
		s, err := ParseSecret(text)
		if (err == nil) != ok || s.IsZero() == ok {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && len(text) > 12 && strings.Contains(err.Error(), text[6:]) {
			t.Errorf("the error contains the secret: %v", err)
		}
	}
}

// TestSecretsAreNotPrinted shows that neither fmt nor JSON writes a secret.
func TestSecretsAreNotPrinted(t *testing.T) {
	s := secret(t, exampleSecret)
	text, err := json.Marshal(map[string]any{"secret": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %x %q %s %d", s, s, s, s, s, s, s), string(text)} {
		if strings.Contains(got, s.key) || strings.Contains(got, fmt.Sprintf("%x", s.key)) || !strings.Contains(got, "[secret]") {
			t.Errorf("printed %q", got)
		}
	}
	if fmt.Sprint(Secret{}) != "" {
		t.Error("no secret is printed as one")
	}
}

// TestIdentifiersAreRandom shows that identifiers differ, and have no dot.
func TestIdentifiersAreRandom(t *testing.T) {
	a, b := NewID(), NewID()
	if a == b || !strings.HasPrefix(a, "msg_") || len(a) < 20 || strings.Contains(a, ".") {
		t.Errorf("%s, %s", a, b)
	}
}
