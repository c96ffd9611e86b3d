package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// tokenCommand prints a token that a server with the same secret accepts.
type tokenCommand struct {
	Config        string            `placeholder:"FILE" help:"Configuration file, YAML ($$CIVIC_REALTIME_CONFIG)."`
	JWTSecretFile *string           `name:"jwt-secret-file" placeholder:"FILE" help:"File with the secret to sign with ($$CIVIC_REALTIME_JWT_SECRET_FILE). $$CIVIC_REALTIME_JWT_SECRET may hold the secret itself."`
	User          string            `required:"" placeholder:"ID" help:"The user's id."`
	Name          string            `help:"The name that others see."`
	Role          []string          `sep:"none" help:"A role; may be repeated."`
	Record        []string          `sep:"none" placeholder:"ID" help:"A record that the token opens, * for any; may be repeated. Without, it opens all."`
	Access        []string          `sep:"none" enum:"view,edit,admin" placeholder:"view|edit|admin" help:"What the token may do there: once for all records, or once for each (edit)."`
	TTL           yamlfile.Duration `name:"ttl" default:"1h" help:"How long the token is good for."`
}

// Run implements kong's command.
func (f tokenCommand) Run() error {
	c, err := app.Flags{Config: f.Config, JWTSecretFile: f.JWTSecretFile}.Load()
	if err != nil {
		return usageError{err}
	}
	s, err := f.session()
	if err != nil {
		return usageError{err}
	}
	token, err := c.SignToken(s, time.Duration(f.TTL))
	switch {
	case errors.Is(err, app.ErrNoSecret):
		return usageError{err}
	case errors.Is(err, auth.ErrTTL):
		return usagef("--ttl: %w, see auth.max_token_age", err)
	}
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}

// session returns the session that the token stands for.
func (f tokenCommand) session() (auth.Session, error) {
	if f.User == "" {
		return auth.Session{}, errors.New("--user: must not be empty")
	}
	grants, err := f.grants()
	identity := engine.Identity{ID: f.User, Name: f.Name}
	return auth.Session{Identity: identity, Roles: f.Role, Grants: grants}, err
}

func (f tokenCommand) grants() (auth.Grants, error) {
	records, access := len(f.Record), len(f.Access)
	if access > 1 && access != records || access == 1 && records == 0 {
		return nil, fmt.Errorf("--access: given %d times for %d times --record", access, records)
	}
	var grants auth.Grants
	for i, id := range f.Record {
		if _, twice := grants[id]; twice || id == "" {
			return nil, fmt.Errorf("--record: %q is empty or comes twice", id)
		}
		if grants == nil {
			grants = auth.Grants{}
		}
		grants[id] = f.access(i)
	}
	return grants, nil
}

// access returns the access to the i-th record.
func (f tokenCommand) access(i int) auth.Access {
	switch len(f.Access) {
	case 0:
		return auth.Edit
	case 1:
		return auth.Access(f.Access[0])
	}
	return auth.Access(f.Access[i])
}
