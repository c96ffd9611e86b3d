package sockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/systemd"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/takeover"
)

// Wanted says which sockets a server wants.
type Wanted struct {
	// Public and Admin are the addresses of the configuration; port 0 stands for any. Admin is nil
	// if there is to be no admin API.
	Public, Admin *net.TCPAddr
	// Loopback allows no other addresses than loopback addresses.
	Loopback bool
	// Takeover asks the server for its sockets that runs in the data directory.
	Takeover bool
	// Dir is the data directory.
	Dir string
}

// Inherited are the sockets that a process has not opened by itself, and the server that had them.
type Inherited struct {
	// Public and Admin are nil if they are to be opened as the configuration says. They belong to
	// the caller, as those of all methods do.
	Public, Admin *net.TCPListener
	// Kept says that another process holds Public open as well, where clients wait when this
	// process ends.
	Kept bool
	// Again says that this process has served before.
	Again bool

	log    *slog.Logger
	before *takeover.Predecessor // nil: there is none
	began  time.Time             // when clients began to wait for this process
	waited atomic.Int64          // for how long, in ns; 0: they did not, or still do
}

// Inherit returns the sockets that there are for this process. Nothing has happened to a running
// server when it returns.
func Inherit(w Wanted, log *slog.Logger) (*Inherited, error) {
	given, err := systemd.Sockets()
	if err != nil {
		return nil, err
	}
	in := &Inherited{Public: given[systemd.Public], Admin: given[systemd.Admin], log: log}
	in.Kept = in.Public != nil
	if w.Takeover {
		err = in.ask(w)
	}
	if err == nil && w.Loopback && in.Public != nil && !ipOf(in.Public).IsLoopback() {
		err = fmt.Errorf("development mode lets everybody in: it serves loopback addresses only, "+
			"and not the socket at %s", in.Public.Addr())
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// ask asks the running server for its sockets.
func (in *Inherited) ask(w Wanted) (err error) {
	if in.before, err = takeover.Ask(w.Dir); err != nil {
		return fmt.Errorf("takeover: %w", err)
	}
	if in.before == nil {
		in.log.Info("nothing to take over: no server runs in this data directory",
			slog.String("data_dir", w.Dir))
		return nil
	}
	return in.adopt(w)
}

// adopt takes those sockets of the server before that have the wanted addresses, and opens a public
// one if there is none of that.
func (in *Inherited) adopt(w Wanted) (err error) {
	for _, socket := range in.before.Sockets {
		switch l := socket.Listener; {
		case socket.Name == systemd.Public && in.Public == nil && isAt(l, w.Public):
			in.Public, in.Kept = l, socket.Kept
		case socket.Name == systemd.Admin && in.Admin == nil && isAt(l, w.Admin):
			in.Admin = l
		default:
			_ = l.Close()
		}
	}
	if in.Public == nil {
		if in.Public, err = net.ListenTCP("tcp", w.Public); err != nil {
			return fmt.Errorf("takeover: the running server listens at another address, which it "+
				"cannot hand over, and %w; keep its address, or stop it first", err)
		}
	}
	return nil
}

func ipOf(l *net.TCPListener) net.IP { return l.Addr().(*net.TCPAddr).IP }

// isAt reports whether a socket listens at an address, which is nil for none.
func isAt(l *net.TCPListener, a *net.TCPAddr) bool {
	if a == nil {
		return false
	}
	samePort := a.Port == 0 || a.Port == l.Addr().(*net.TCPAddr).Port
	if len(a.IP) == 0 || a.IP.IsUnspecified() {
		return samePort && ipOf(l).IsUnspecified()
	}
	return samePort && a.IP.Equal(ipOf(l))
}

// Claim makes the server before, if there is one, close its clients and its store. From then on new
// clients wait for this process, which may open the store when Claim has returned nil. The wait
// ends when ctx is done.
func (in *Inherited) Claim(ctx context.Context) error {
	if in.before == nil {
		return nil
	}
	in.log.Info("taking over: the server before closes its clients and its data",
		slog.Int("from_pid", in.before.PID))
	in.began = time.Now()
	stop := context.AfterFunc(ctx, func() { _ = in.before.Close() })
	lost := in.before.Begin()
	if !stop() {
		return errors.New("stopped during the takeover; the server before serves on")
	}
	if lost != nil {
		in.log.Error("the server before has not stored everything that it received; "+
			"its clients still have that, and send it again", slog.String("reason", lost.Error()))
	}
	return nil
}

// Listen returns the public listener. It opens one at an address if none is inherited.
func (in *Inherited) Listen(at *net.TCPAddr) (*net.TCPListener, error) {
	if in.Public != nil {
		return in.Public, nil
	}
	return net.ListenTCP("tcp", at)
}

// Serving tells the server before that this process serves, so that it ends.
func (in *Inherited) Serving() {
	if in.before == nil {
		return
	}
	waited := time.Since(in.began)
	in.waited.Store(int64(waited))
	if err := in.before.Ready(); err != nil {
		in.log.Warn("the server before does not learn that this one serves",
			slog.String("reason", err.Error()))
	}
	in.log.Info("took over", slog.Int("from_pid", in.before.PID), slog.Int("pid", os.Getpid()),
		slog.Duration("clients_waited", waited))
}

// Close closes all sockets, and gives up a takeover: the server before serves on.
func (in *Inherited) Close() (err error) {
	for _, l := range []*net.TCPListener{in.Public, in.Admin} {
		if l != nil {
			err = errors.Join(err, unlessClosed(l.Close()))
		}
	}
	if in.before != nil {
		err = errors.Join(err, unlessClosed(in.before.Close()))
	}
	return err
}

func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// MetricHelp describes the metrics.
const MetricHelp = `
realtime_takeover_seconds gauge Time for which clients waited while this process took over, 0 if it did not.
`

// WriteMetrics writes them in the Prometheus text format.
func (in *Inherited) WriteMetrics(w io.Writer) {
	fmt.Fprintf(w, "realtime_takeover_seconds %g\n", time.Duration(in.waited.Load()).Seconds())
}
