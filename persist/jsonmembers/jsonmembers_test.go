package jsonmembers

import (
	"encoding/json"
	"testing"
)

type outer struct {
	Name  string `json:"name"`
	Inner *inner `json:"inner"`
	Other string
}

type inner struct {
	Right bool `json:"right"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *inner) UnmarshalJSON(b []byte) error {
	type plain inner // without this method
	return Decode(b, (*plain)(i))
}

// TestMembersByExactNames shows that members count only by their exact names, also within others,
// that each may come once, and that nothing may follow the object.
func TestMembersByExactNames(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"a","inner":{"right":true}}`:    `{"name":"a","inner":{"right":true},"Other":""}`,
		`{"Name":"a","inner":{"Right":true}}`:    `{"name":"","inner":{"right":false},"Other":""}`,
		`{"Other":"a","more":[1]}`:               `{"name":"","inner":null,"Other":""}`,
		`{"name":null}`:                          `{"name":"","inner":null,"Other":""}`,
		`{"name":"a","name":"b"}`:                "",
		`{"inner":{"right":false,"right":true}}`: "",
		`{"inner":7}`:                            "",
		`{"name":7}`:                             "",
		`{"name":"a"} {}`:                        "",
		`{"name":"a"`:                            "",
		`[]`:                                     "",
		``:                                       "",
	} {
		var got outer
		err := Decode([]byte(text), &got)
		written, _ := json.Marshal(struct {
			Name  string          `json:"name"`
			Inner json.RawMessage `json:"inner"`
			Other string
		}{got.Name, innerOf(got.Inner), got.Other})
		if (err == nil) != (want != "") || err == nil && string(written) != want {
			t.Errorf("%s: %s, %v", text, written, err)
		}
	}
}

func innerOf(i *inner) json.RawMessage {
	if i == nil {
		return json.RawMessage("null")
	}
	if i.Right {
		return json.RawMessage(`{"right":true}`)
	}
	return json.RawMessage(`{"right":false}`)
}
