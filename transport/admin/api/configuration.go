package api

// Configuration is the answer of GET /v1/config.
type Configuration struct {
	File string `json:"file,omitempty"` // that was read; absent: none was
	Dev  bool   `json:"dev"`            // clients on this machine are admitted without a token
	// Invalid: the file cannot be loaded as it is now. POST /v1/reload says why.
	Invalid bool        `json:"invalid"`
	Keys    []ConfigKey `json:"keys"` // in the order of the reference
}

// ConfigKey is a key of the configuration with the value that is in effect.
type ConfigKey struct {
	Key     string `json:"key"`
	Section string `json:"section,omitempty"` // of the reference
	// Value is a number, true or false, a list, an object, or a text; absent: there is none, or it
	// is a secret.
	Value  any    `json:"value,omitempty"`
	Set    bool   `json:"set,omitempty"`  // there is a secret
	Source string `json:"source"`         // default, file, environment, flag
	From   string `json:"from,omitempty"` // name of the file, the variable or the flag
	Line   int    `json:"line,omitempty"` // in the file
	// Default is as Value; absent: it is no fixed one, which DefaultNote describes, or there is
	// none.
	Default     any    `json:"default,omitempty"`
	DefaultNote string `json:"default_note,omitempty"`
	Unit        string `json:"unit,omitempty"`
	Secret      bool   `json:"secret"`
	Restart     bool   `json:"restart"` // a change needs a restart
	// Pending is what puts the value that the file has by now into effect: reload, restart;
	// absent: it is in effect.
	Pending string `json:"pending,omitempty"`
	Help    string `json:"help"`
}
