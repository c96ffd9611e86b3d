package admin

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/transport/admin/console"
)

// MetricHelp describes the metrics that Server.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_admin_connections gauge Connections to the admin API.
realtime_admin_events_lost_total counter Events that were not sent to an operator who read too slowly.
realtime_admin_refused_total counter Requests and connections to the admin API that were refused, by reason.
realtime_admin_requests_total counter Answers of the admin API, by class of status.
realtime_admin_sessions gauge Sessions of the console.
realtime_admin_sessions_ended_total counter Sessions of the console that have ended, by reason.
realtime_admin_sign_ins_total counter Attempts to sign in to the console, by outcome.
realtime_admin_streams gauge Answers of the admin API that last, such as events.
`

// refusal is a reason for which requests and connections are refused.
type refusal uint8

const (
	hostRefused refusal = iota
	crossSiteRefused
	tokenRefused
	connectionRefused // closed to keep the number of connections
	streamRefused
	readersRefused
	sessionRefused // of a page of the console
	refusals
)

var refusalNames = [refusals]string{
	"host", "cross_site", "token", "connections", "streams", "readers", "session",
}

// outcome is that of an attempt to sign in.
type outcome uint8

const (
	signInAccepted outcome = iota
	signInRefused
	outcomes
)

var outcomeNames = [outcomes]string{"accepted", "refused"}

// counters are the metrics of the listener. All are there from the start.
type counters struct {
	set     *metrics.Set
	refused [refusals]*metrics.Counter
	lost    *metrics.Counter // events
	answers [6]*metrics.Counter
	signIns [outcomes]*metrics.Counter
	ended   [len(console.Ends)]*metrics.Counter // sessions
}

func newCounters() *counters {
	c := &counters{set: metrics.NewSet()}
	for why, name := range refusalNames {
		name = fmt.Sprintf("realtime_admin_refused_total{reason=%q}", name)
		c.refused[why] = c.set.NewCounter(name)
	}
	for class := 1; class < len(c.answers); class++ {
		name := fmt.Sprintf("realtime_admin_requests_total{status=\"%dxx\"}", class)
		c.answers[class] = c.set.NewCounter(name)
	}
	for of, name := range outcomeNames {
		name = fmt.Sprintf("realtime_admin_sign_ins_total{outcome=%q}", name)
		c.signIns[of] = c.set.NewCounter(name)
	}
	for why, name := range console.Ends {
		name = fmt.Sprintf("realtime_admin_sessions_ended_total{reason=%q}", name)
		c.ended[why] = c.set.NewCounter(name)
	}
	c.lost = c.set.NewCounter("realtime_admin_events_lost_total")
	return c
}

// answered counts an answer by its status.
func (c *counters) answered(status int) { c.answers[min(status/100, len(c.answers)-1)].Inc() }
