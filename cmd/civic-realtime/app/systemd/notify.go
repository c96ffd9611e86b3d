package systemd

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Notifier informs systemd of the state of this process. Without systemd it does nothing.
type Notifier struct {
	log *slog.Logger
}

// NewNotifier returns a Notifier that logs what cannot be sent.
func NewNotifier(log *slog.Logger) *Notifier { return &Notifier{log} }

func (n *Notifier) send(lines ...string) {
	if _, err := daemon.SdNotify(false, strings.Join(lines, "\n")); err != nil {
		n.log.Warn("systemd does not learn of a change", slog.String("reason", err.Error()))
	}
}

// Ready says that the server serves, in words that systemctl status shows.
func (n *Notifier) Ready(status string) { n.send(daemon.SdNotifyReady, "STATUS="+status) }

// Reloading says that the configuration is being read again. Ready must follow.
func (n *Notifier) Reloading() {
	n.send(daemon.SdNotifyReloading, strings.TrimSpace(daemon.SdNotifyMonotonicUsec()))
}

// Stopping says that the server shuts down, and how long that may take at most.
func (n *Notifier) Stopping(most time.Duration) {
	n.send(daemon.SdNotifyStopping, "STATUS=draining",
		fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", most.Microseconds()))
}

// Successor says that another process is the main process of the service from now on.
func (n *Notifier) Successor(pid int) { n.send(fmt.Sprintf("MAINPID=%d", pid)) }

// Watch informs systemd that the server is alive while alive says so, twice in the time that the
// unit gives (WatchdogSec=), until ctx is done. Without that key it returns at once.
func (n *Notifier) Watch(ctx context.Context, alive func() bool) {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		n.log.Warn("watchdog of systemd", slog.String("reason", err.Error()))
	}
	if every <= 0 {
		return
	}
	ticker := time.NewTicker(every / 2)
	defer ticker.Stop()
	for {
		if alive() {
			n.send(daemon.SdNotifyWatchdog)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
