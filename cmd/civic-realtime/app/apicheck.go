package app

import "errors"

// errNoCallers is the error of a documents API that nobody could use.
var errNoCallers = errors.New("api.enabled: nobody could use the API: set api.keys_file, or a key " +
	"that JWTs are signed with (auth.jwt)")

// checkAPI returns what is wrong with the documents API, beside the file with keys.
func (c *Config) checkAPI() error {
	j := &c.Auth.JWT
	jwts := j.hasKeys() || j.names() != ""
	if c.API.on() && c.enabled() && !c.dev && c.API.KeysFile == "" && !jwts {
		return errNoCallers
	}
	if c.API.Audience != "" && c.API.Audience == j.Audience {
		return errors.New("api.audience: must not be auth.jwt.audience, as tokens of editors " +
			"are none of programs")
	}
	return nil
}

// apiWarnings lists what is set and has no effect.
func (c *Config) apiWarnings() (w []string) {
	if !c.API.on() && c.setsBelow("api.") {
		w = append(w, "api has no effect without api.enabled")
	}
	return w
}
