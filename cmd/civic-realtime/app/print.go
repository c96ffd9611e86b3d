package app

import (
	"fmt"
	"io"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
)

// Print writes the value of each key that counts and its origin: as a file that Load reads, or as
// JSON. Secrets are hidden. The text says first if the server admits everybody (--dev).
func (c *Config) Print(w io.Writer, asJSON bool) error {
	values := c.effective()
	if asJSON {
		return settings.PrintJSON(w, values)
	}
	if c.dev {
		const remark = "# --dev: every client on this machine is admitted, without a token"
		if _, err := fmt.Fprintln(w, remark); err != nil {
			return err
		}
	}
	return settings.Print(w, "realtime", values)
}

// PrintDefaults writes a file with every key, its variable, its meaning and its default, which Load
// accepts.
func PrintDefaults(w io.Writer) error {
	return settings.PrintDefaults(w, "realtime", new(Config), variables.Name)
}
