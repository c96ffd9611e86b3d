package documents

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// MetricHelp describes the metrics that Server.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_api_cached_bytes gauge Memory for texts of documents that programs have read.
realtime_api_edits_total counter Edits by programs that are durable, by kind.
realtime_api_merge_conflicts_total counter Edits by programs that were refused as others had changed the same words.
realtime_api_passed_on_total counter Requests of programs that another node has answered.
realtime_api_presences gauge Programs that people see in documents.
realtime_api_readers gauge Documents that are being converted for programs.
realtime_api_refused_total counter Requests of programs that were refused, by reason.
realtime_api_requests gauge Requests of programs in progress.
realtime_api_requests_total counter Answers to programs, by class of status.
`

// refusal is a reason for which requests are refused.
type refusal uint8

const (
	originRefused refusal = iota
	tokenRefused
	scopeRefused
	rateRefused
	requestsRefused // too many are in progress
	readersRefused  // too many documents are being converted
	refusals
)

var refusalNames = [refusals]string{"origin", "token", "scope", "rate", "requests", "readers"}

// editKind is a kind of edits.
type editKind uint8

const (
	editUpdate editKind = iota
	editText
	editMarkdown
	editCreate
	editRestore
	editKinds
)

var editNames = [editKinds]string{"update", "text", "markdown", "create", "restore"}

// counters are the metrics. All are there from the start.
type counters struct {
	set       *metrics.Set
	refused   [refusals]*metrics.Counter
	edits     [editKinds]*metrics.Counter
	answers   [6]*metrics.Counter
	conflicts *metrics.Counter
	passedOn  *metrics.Counter
}

func newCounters() *counters {
	c := &counters{set: metrics.NewSet()}
	for why, name := range refusalNames {
		name = fmt.Sprintf("realtime_api_refused_total{reason=%q}", name)
		c.refused[why] = c.set.NewCounter(name)
	}
	for kind, name := range editNames {
		c.edits[kind] = c.set.NewCounter(fmt.Sprintf("realtime_api_edits_total{kind=%q}", name))
	}
	for class := 1; class < len(c.answers); class++ {
		name := fmt.Sprintf("realtime_api_requests_total{status=\"%dxx\"}", class)
		c.answers[class] = c.set.NewCounter(name)
	}
	c.conflicts = c.set.NewCounter("realtime_api_merge_conflicts_total")
	c.passedOn = c.set.NewCounter("realtime_api_passed_on_total")
	return c
}

// answered counts an answer by its status.
func (c *counters) answered(status int) { c.answers[min(status/100, len(c.answers)-1)].Inc() }
