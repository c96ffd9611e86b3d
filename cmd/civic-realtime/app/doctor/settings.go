package doctor

import (
	"context"
	"os"
)

// checkConfig repeats the errors and warnings of the configuration.
func checkConfig(_ context.Context, s *Subject) (found []Finding) {
	for _, text := range s.Errors {
		found = append(found, fail("correct it; civic-realtime config print shows all values", "%s", text))
	}
	for _, text := range s.Warnings {
		found = append(found, warn("", "%s", text))
	}
	if len(found) > 0 {
		return found
	}
	if s.ConfigFile == "" {
		return []Finding{ok("valid; there is no file")}
	}
	return []Finding{ok("%s is valid", s.ConfigFile)}
}

// othersMayRead are the permissions of others than the owner.
const othersMayRead = 0o077

// checkSecrets looks at the length of secrets, and at who may read them.
func checkSecrets(_ context.Context, s *Subject) (found []Finding) {
	for _, secret := range s.Secrets {
		if secret.Bytes < secret.Least {
			found = append(found, fail("make a longer one: openssl rand -hex 32",
				"%s has %d bytes; it can be guessed", secret.Key, secret.Bytes))
		} else {
			found = append(found, ok("%s has %d bytes", secret.Key, secret.Bytes))
		}
	}
	for _, name := range s.Files {
		info, err := os.Stat(name)
		if err != nil {
			continue // the configuration has an error about it
		}
		if mode := info.Mode().Perm(); mode&othersMayRead != 0 {
			found = append(found, warn("chmod 600 "+name, "%s has a secret, and others may read it (%v)", name, mode))
		}
	}
	return found
}

// checkDirectory looks at who may read the data.
func checkDirectory(_ context.Context, s *Subject) []Finding {
	info, err := os.Stat(s.DataDir)
	if s.DataDir == "" || err != nil {
		return nil
	}
	if mode := info.Mode().Perm(); mode&othersMayRead != 0 {
		return []Finding{warn("chmod 700 "+s.DataDir, "%s may be read by others (%v)", s.DataDir, mode)}
	}
	return nil
}
