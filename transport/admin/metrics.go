package admin

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// MetricHelp describes the metrics that Server.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_admin_connections gauge Connections to the admin API.
realtime_admin_events_lost_total counter Events that were not sent to an operator who read too slowly.
realtime_admin_refused_total counter Requests and connections to the admin API that were refused, by reason.
realtime_admin_requests_total counter Answers of the admin API, by class of status.
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
	refusals
)

var refusalNames = [refusals]string{"host", "cross_site", "token", "connections", "streams"}

// counters are the metrics of the listener. All are there from the start.
type counters struct {
	set     *metrics.Set
	refused [refusals]*metrics.Counter
	lost    *metrics.Counter // events
	answers [6]*metrics.Counter
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
	c.lost = c.set.NewCounter("realtime_admin_events_lost_total")
	return c
}

// answered counts an answer by its status.
func (c *counters) answered(status int) { c.answers[min(status/100, len(c.answers)-1)].Inc() }
