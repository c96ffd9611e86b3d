package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"
)

// ReadList reads a file that is a list of mappings into a pointer to a slice of structs. Unknown
// keys are errors. Errors have places, and no text of the file.
func ReadList(name string, into any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(into)
	if err != nil && !errors.Is(err, io.EOF) { // an empty file has no entries
		return fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, false))
	}
	return nil
}
