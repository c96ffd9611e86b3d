package settings

import (
	"encoding/json"
	"io"
)

// PrintJSON writes values as one object of JSON, by their keys.
func PrintJSON(w io.Writer, values []Value) error {
	all := make(map[string]jsonValue, len(values))
	for _, v := range values {
		j := jsonValue{From: v.Origin.From.String(), Name: v.Origin.Name, Line: v.Origin.Line}
		j.Unit, j.Reload, j.Secret = v.Unit, v.Reload, v.Secret
		if v.yaml() != "" && !v.Secret {
			j.Value = &v.Text
		}
		all[v.Key] = j
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

// jsonValue is a Value in JSON. Value has the form that variables have; null: the key has none, or
// it is a secret.
type jsonValue struct {
	Value  *string `json:"value"`
	Unit   string  `json:"unit,omitempty"`
	Secret bool    `json:"secret,omitempty"` // the value is set, and hidden
	From   string  `json:"from"`             // default, file, environment, flag
	Name   string  `json:"name,omitempty"`   // of the file, the variable or the flag
	Line   int     `json:"line,omitempty"`   // in the file
	Reload bool    `json:"reload"`           // a change takes effect while the server runs
}
