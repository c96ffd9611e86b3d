package limit

import (
	"log"
	"log/slog"
	"net"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// HTTPErrors logs the errors of net/http. TLS handshakes that fail are counted, and logged at most
// once a minute for each address.
type HTTPErrors struct {
	Log      *slog.Logger
	Samples  *LogSampler
	Failures *metrics.Counter
}

// Logger returns the ErrorLog of an http.Server.
func (e HTTPErrors) Logger() *log.Logger { return log.New(e, "", 0) }

// Write implements io.Writer for log.Logger, which calls it once a line.
func (e HTTPErrors) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if failure, ok := strings.CutPrefix(text, "http: TLS handshake error from "); ok {
		e.tlsFailure(failure)
	} else {
		e.Log.Warn(text)
	}
	return len(line), nil
}

// tlsFailure logs a failure in the form "address:port: reason". Clients that connect and leave, as
// some load balancers do to check a server, are logged for debugging only.
func (e HTTPErrors) tlsFailure(failure string) {
	remote, reason, _ := strings.Cut(failure, ": ")
	client, _, _ := net.SplitHostPort(remote)
	level := slog.LevelInfo
	if reason == "EOF" {
		level = slog.LevelDebug
	}
	e.log("TLS handshake failed", client, reason, level)
}

// OverRate is the OverRate of a ListenerConfig.
func (e HTTPErrors) OverRate(c net.Conn) {
	e.log("TLS handshake refused", PeerAddr(c).String(), "too many handshakes", slog.LevelWarn)
}

func (e HTTPErrors) log(message, client, reason string, level slog.Level) {
	e.Failures.Inc()
	e.Samples.Log(SampleKey{Message: message, Client: client}, Event{
		Level: level,
		Attrs: []slog.Attr{slog.String("remote", client), slog.String("reason", reason)},
	})
}
