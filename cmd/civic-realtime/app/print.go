package app

import (
	"io"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
)

// Print writes the value of each key that counts and its origin: as a file that Load reads, or as
// JSON. Secrets are hidden.
func (c *Config) Print(w io.Writer, asJSON bool) error {
	values := c.effective()
	if asJSON {
		return settings.PrintJSON(w, values)
	}
	return settings.Print(w, "realtime", values)
}

// PrintDefaults writes a file with every key, its variable, its meaning and its default, which Load
// accepts.
func PrintDefaults(w io.Writer) error {
	return settings.PrintDefaults(w, "realtime", new(Config), variables.Name)
}
