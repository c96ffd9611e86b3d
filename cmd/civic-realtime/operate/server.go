package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
	"github.com/civicpress/civic-realtime/transport/admin/place"
	"github.com/civicpress/civic-realtime/transport/certs"
)

// Reach has the flags that say which server a command is for. The tags are kong's.
type Reach struct {
	Config    string  `env:"CIVIC_REALTIME_CONFIG" placeholder:"FILE" help:"Configuration file of the server, YAML."`
	DataDir   *string `env:"CIVIC_REALTIME_DATA_DIR" placeholder:"DIR" help:"Data directory of the server (./data)."`
	Admin     string  `env:"CIVIC_REALTIME_ADMIN" placeholder:"URL" help:"Address of the server's admin API (the one in the data directory)."`
	TokenFile string  `env:"CIVIC_REALTIME_ADMIN_TOKEN_FILE" placeholder:"FILE" help:"File with the token of the admin API (the one in the data directory)."`
	Node      string  `placeholder:"NAME" help:"Have this one of several nodes answer, for itself alone."`
	As        string  `placeholder:"NAME" help:"Your name in the server's log and lists (that of the system's user)."`
}

// Server has the flags of all commands that operate a running server.
type Server struct {
	Reach
	JSON bool `name:"json" help:"Print JSON."`
}

// Error is an error with the exit code of the process.
type Error struct {
	error
	code int
}

// ExitCode returns the exit code: 1, the server refused or failed; 2, the command line is wrong; 3,
// there is no server that answers.
func (e *Error) ExitCode() int { return e.code }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.error }

const (
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// run calls f with a client of the server. The context is done after a signal.
func (s *Reach) run(f func(context.Context, *client.Client) error) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return s.explain(f(ctx, c))
}

// Backup writes a backup of the server's store to w. Its error is IsAbsent if there is no server
// that answers.
func (s *Reach) Backup(w io.Writer) error {
	return s.run(func(ctx context.Context, c *client.Client) error { return c.Backup(ctx, w) })
}

// Forwarded returns how many of the server's first connections came through a trusted proxy that
// sent the client's address, and how many connections there are, up to a thousand.
func (s *Reach) Forwarded(ctx context.Context) (forwarded, connections int, err error) {
	c, err := s.connect()
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	page, err := c.Connections(ctx, client.ConnectionQuery{Limit: 1000})
	for _, each := range page.Connections {
		if each.Proxy != "" {
			forwarded++
		}
	}
	return forwarded, len(page.Connections), s.explain(err)
}

// Nodes returns the nodes as the server sees them, and the name of the server.
func (s *Reach) Nodes(ctx context.Context) (self string, nodes []api.Node, err error) {
	c, err := s.connect()
	if err != nil {
		return "", nil, err
	}
	defer c.Close()
	st, err := c.Status(ctx)
	if err != nil {
		return "", nil, s.explain(err)
	}
	page, err := c.Nodes(ctx)
	return st.Node, page.Nodes, s.explain(err)
}

// IsAbsent reports whether an error says that there is no server that answers.
func IsAbsent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.code == exitUnreachable
}

// connect returns a client of the server that the flags name, or that runs in the data directory.
func (s *Reach) connect() (*client.Client, error) {
	cfg := client.Config{URL: s.Admin, Name: s.administrator(), Node: s.Node}
	tokenFile := s.TokenFile
	if s.Admin == "" {
		p, err := s.find()
		if err != nil {
			return nil, err
		}
		cfg.URL = p.URL
		if p.CertFile != "" {
			cfg.TLS = certs.Pinned(p.CertFile)
		}
		if tokenFile == "" {
			tokenFile = p.TokenFile
		}
	}
	if !strings.Contains(cfg.URL, "://") {
		cfg.URL = "http://" + cfg.URL
	}
	if !isAddress(cfg.URL) {
		return nil, &Error{fmt.Errorf("--admin: %q is not an address such as http://127.0.0.1:3002", s.Admin), exitUsage}
	}
	if tokenFile != "" {
		token, err := place.ReadToken(tokenFile)
		if err != nil {
			return nil, &Error{fmt.Errorf("token of the admin API: %w%s", err, ownerHint(err)), exitFailed}
		}
		cfg.Token = token
	}
	return client.New(cfg), nil
}

// isAddress reports whether a text is the address of a server.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// find returns where the server of the data directory is. Errors in the configuration do not matter
// if the data directory is known: the server may run with an earlier one.
func (s *Reach) find() (p place.Place, err error) {
	c, wrong := app.Flags{Config: s.Config, DataDir: s.DataDir}.Load()
	dir, err := c.Directory()
	if err == nil {
		p, err = place.Read(dir)
	}
	switch {
	case err == nil && !alive(p.PID):
		return p, &Error{fmt.Errorf("the server in %s has ended: its process %d does not exist; --admin names the address of one in another container", dir, p.PID), exitUnreachable}
	case err == nil && wrong != nil:
		fmt.Fprintln(os.Stderr, "civic-realtime: the configuration has errors, which civic-realtime config check lists")
		return p, nil
	case err == nil:
		return p, nil
	case wrong != nil:
		return p, &Error{wrong, exitUsage}
	case errors.Is(err, fs.ErrNotExist):
		return p, &Error{fmt.Errorf("no server with an admin API runs in %s: --data-dir or --config names another directory, --admin the server's address", dir), exitUnreachable}
	}
	return p, &Error{fmt.Errorf("%w%s", err, ownerHint(err)), exitFailed}
}

// ownerHint says what to do about a file that one may not read.
func ownerHint(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "; run the command as the user of the server"
	}
	return ""
}

// administrator returns the name of the person who gives the command.
func (s *Reach) administrator() string {
	if s.As != "" {
		return s.As
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// explain adds to an error of the server what to do about it.
func (s *Reach) explain(err error) error {
	var p *api.Problem
	switch {
	case err == nil:
		return nil
	case errors.Is(err, client.ErrUnreachable):
		return &Error{fmt.Errorf("%w; is it running, and is this its address?", err), exitUnreachable}
	case !errors.As(err, &p):
		return &Error{err, exitFailed}
	case p.Named(api.Unauthorized), p.Named(api.TooManyAttempts):
		return &Error{fmt.Errorf("%w; --token-file names the file with the server's token (admin.token_file, or %s in its data directory)", p, place.TokenFile), exitFailed}
	}
	return &Error{errors.New(clean(p.Error())), exitFailed}
}

// print prints an answer: as JSON if that is wanted, else as text.
func (s *Server) print(answer any, text func() string) error {
	if !s.JSON {
		_, err := fmt.Print(text())
		return err
	}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(answer)
}
