package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signText signs claims as they are written. LATER stands for a time in the future, and PAST for
// one in the past.
func signText(t *testing.T, text string) string {
	t.Helper()
	times := strings.NewReplacer("LATER", fmt.Sprint(time.Now().Add(time.Hour).Unix()), "PAST", fmt.Sprint(time.Now().Add(-time.Hour).Unix()))
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(times.Replace(text)))
	signature, err := jwt.SigningMethodHS256.Sign(signed, secret)
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// TestExactClaims shows that a claim counts only if it has the exact name and form.
func TestExactClaims(t *testing.T) {
	const form, lacks, twice = "token has a claim of the wrong form", "token lacks a required claim", "token malformed"
	for _, test := range []struct{ claims, reason string }{
		{`{"sub":"u1","name":"Ann","exp":LATER}`, ""},
		{`{"sub":"u1","name":"Ann","exp":LATER.5}`, ""},
		{`{"\u0073ub":"u1","name":"Ann","exp":LATER}`, ""},
		{`{"sub":"u1","name":"Ann","EXP":LATER}`, lacks},
		{`{"sub":"u1","name":"Ann","Exp":LATER}`, lacks},
		{`{"sub":"u1","name":"Ann","exp":PAST,"EXP":LATER}`, "token expired"},
		{`{"sub":"u1","name":"Ann","exp":"LATER"}`, form},
		{`{"sub":"u1","name":"Ann","exp":null}`, form},
		{`{"sub":"u1","name":"Ann","exp":[LATER]}`, form},
		{`{"sub":"u1","name":"Ann","exp":9007199254740994}`, form},
		{`{"sub":"u1","name":"Ann","exp":LATER,"nbf":"PAST"}`, form},
		{`{"sub":"u1","name":"Ann","exp":LATER,"nbf":LATER}`, "token not valid yet"},
		{`{"sub":"u1","name":"Ann","exp":LATER,"NBF":LATER}`, ""},
		{`{"sub":"u1","name":"Ann","exp":LATER,"nbf":LATER,"NBF":PAST}`, "token not valid yet"},
		{`{"sub":"u1","name":"Ann","exp":PAST,"exp":LATER}`, twice},
		{`{"sub":"u1","name":"Ann","exp":LATER,"sub":"u2"}`, twice},
		{`{"sub":"u1","name":"Ann","exp":LATER,"\u0073ub":"u2"}`, twice},
		{`{"Sub":"u1","name":"Ann","exp":LATER}`, "token names no user"},
		{`[]`, twice},
		{`null`, lacks},
	} {
		if token := signText(t, test.claims); test.reason == "" {
			hmac.mustAdmit(t, test.claims, token)
		} else {
			hmac.mustRefuse(t, test.claims, token, test.reason)
		}
	}
}

// TestExactIssuer shows that issuer and audience count only under their exact names and in the
// right form.
func TestExactIssuer(t *testing.T) {
	j := NewJWT(JWTConfig{Keys: []Key{SecretKey(secret)}, Issuer: "town", Audience: "realtime"})
	for claims, reason := range map[string]string{
		`"iss":"town","aud":"realtime"`:                           "",
		`"iss":"town","aud":["realtime","other"]`:                 "",
		`"ISS":"town","aud":"realtime"`:                           "token lacks a required claim",
		`"iss":"town","Aud":"realtime"`:                           "token lacks a required claim",
		`"iss":"village","Iss":"town","aud":"realtime"`:           "token of another issuer",
		`"iss":"town","aud":"other","AUD":"realtime"`:             "token for another audience",
		`"iss":["town"],"aud":"realtime"`:                         "token has a claim of the wrong form",
		`"iss":"town","aud":["realtime",7]`:                       "token has a claim of the wrong form",
		`"iss":"town","iss":"town","aud":"realtime"`:              "token malformed",
		`"iss":"town","aud":"realtime","records":[],"records":[]`: "token malformed",
	} {
		if token := signText(t, `{"sub":"u1","name":"Ann","exp":LATER,`+claims+`}`); reason == "" {
			j.mustAdmit(t, claims, token)
		} else {
			j.mustRefuse(t, claims, token, reason)
		}
	}
}

// TestExactGrants shows that a member of the claim "records" counts only if it has the exact name
// and form.
func TestExactGrants(t *testing.T) {
	for records, want := range map[string]Access{
		`[{"id":"a","access":"edit"}]`:                     Edit,
		`[{"id":"a","access":"view","Access":"edit"}]`:     View,
		`[{"id":"a","access":"view","ID":"b"}]`:            View,
		`[{"id":"a","access":"view","why":null}]`:          View,
		`[{"ID":"a","access":"edit"}]`:                     "",
		`[{"id":"a","ACCESS":"edit"}]`:                     "",
		`[{"id":"a","access":"view","access":"edit"}]`:     "",
		`[{"id":"b","id":"a","access":"edit"}]`:            "",
		`[{"id":"a","access":"Edit"}]`:                     "",
		`[{"id":"a","access":["edit"]}]`:                   "",
		`[null]`:                                           "",
		`[[]]`:                                             "",
		`[{"id":"a","access":"edit"},{"ID":"a"}]`:          "",
		`[{"id":"a","access":"edit"},{"id":null,"x":"y"}]`: "",
	} {
		token := signText(t, `{"sub":"u1","name":"Ann","exp":LATER,"records":`+records+`}`)
		if want == "" {
			hmac.mustRefuse(t, records, token, "token has a claim of the wrong form")
		} else if s := hmac.mustAdmit(t, records, token); len(s.Grants) != 1 || s.Grants["a"] != want {
			t.Errorf("%s: %v", records, s.Grants)
		}
	}
}

// TestExactKeys shows that a member of a key counts only if it has the exact name and form.
func TestExactKeys(t *testing.T) {
	x := base64.RawURLEncoding.EncodeToString(newIssuer(t).ed25519[32:])
	good := `"kty":"OKP","kid":"k","crv":"Ed25519","x":"` + x + `"`
	for text, want := range map[string]error{
		`{"keys":[{` + good + `}]}`:                                                    nil,
		`{"keys":[{` + good + `,"USE":"enc"}]}`:                                        nil,
		`{"KEYS":[{` + good + `}]}`:                                                    ErrNoKeys,
		`{"keys":[{"kty":"OKP","KID":"k","crv":"Ed25519","x":"` + x + `"}]}`:           ErrKeyID,
		`{"keys":[{"KTY":"OKP","kid":"k","crv":"Ed25519","x":"` + x + `"}]}`:           ErrKeyType,
		`{"keys":[{"kty":"OKP","kid":"j","kid":"k","crv":"Ed25519","x":"` + x + `"}]}`: ErrKeySet,
		`{"keys":[],"keys":[{` + good + `}]}`:                                          ErrKeySet,
		`[{` + good + `}]`:                                                             ErrKeySet,
	} {
		if keys, err := ParseKeySet([]byte(text)); !errors.Is(err, want) || (err == nil) != (len(keys) == 1) {
			t.Errorf("%s: %d keys, %v, want %v", text, len(keys), err, want)
		}
	}
}
