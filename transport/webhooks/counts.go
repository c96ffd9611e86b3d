package webhooks

import (
	"fmt"
	"io"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// lost is the reason for which something is gone without having been delivered.
type lost int

const (
	lostFull lost = iota
	lostOff
	lostRemoved
	lostOperator
	lostBusy
	lostReasons
)

var lostNames = [lostReasons]string{"full", "off", "removed", "operator", "busy"}

// counts are the metrics.
type counts struct {
	set         *metrics.Set
	messages    *metrics.Counter
	delivered   *metrics.Counter
	failed      *metrics.Counter
	off         *metrics.Counter
	parked      *metrics.Counter
	addFailures *metrics.Counter
	seconds     *metrics.PrometheusHistogram
	gone        [lostReasons]*metrics.Counter
	entries     *metrics.Gauge
	bytes       *metrics.Gauge
}

func newCounts(h *Webhooks) *counts {
	s := metrics.NewSet()
	outcome := func(name string) *metrics.Counter {
		return s.NewCounter(fmt.Sprintf("realtime_webhooks_attempts_total{outcome=%q}", name))
	}
	c := &counts{
		set:         s,
		messages:    s.NewCounter("realtime_webhooks_messages_total"),
		delivered:   outcome("delivered"),
		failed:      outcome("failed"),
		off:         outcome("off"),
		parked:      s.NewCounter("realtime_webhooks_parked_total"),
		addFailures: s.NewCounter("realtime_webhooks_store_failures_total"),
		seconds: s.NewPrometheusHistogramExt("realtime_webhooks_attempt_seconds",
			metrics.ExponentialBuckets(0.005, 2, 13)),
		entries: s.NewGauge("realtime_webhooks_outbox_messages", nil),
		bytes:   s.NewGauge("realtime_webhooks_outbox_bytes", nil),
	}
	for reason, name := range lostNames {
		c.gone[reason] = s.NewCounter(fmt.Sprintf("realtime_webhooks_lost_total{reason=%q}", name))
	}
	gauge := func(name string, value func() float64) {
		s.NewGauge("realtime_webhooks_"+name, func() float64 {
			h.mu.Lock()
			defer h.mu.Unlock()
			return value()
		})
	}
	gauge("waiting_events", func() float64 { return float64(len(h.waiting)) })
	gauge("outbox_limit_bytes", func() float64 { return float64(h.set.OutboxBytes) })
	gauge("endpoints_off", func() float64 { return float64(len(h.off)) })
	gauge("oldest_seconds", func() float64 { return h.oldest(time.Now()).Seconds() })
	gauge("parked_messages", func() (n float64) {
		for _, parked := range h.parked {
			n += float64(parked)
		}
		return n
	})
	gauge("sending", func() float64 {
		if h.held {
			return 1
		}
		return 0
	})
	return c
}

// lose counts what is gone.
func (c *counts) lose(why lost, n int) { c.gone[why].Add(n) }

// attempted counts an attempt.
func (c *counts) attempted(r result) {
	c.seconds.Update(r.took.Seconds())
	switch {
	case r.delivered:
		c.delivered.Inc()
	case r.gone:
		c.off.Inc()
	default:
		c.failed.Inc()
	}
}

// oldest returns the age of the oldest message that waits; mu is held.
func (h *Webhooks) oldest(now time.Time) (age time.Duration) {
	for _, q := range h.queues {
		for _, r := range q.rooms {
			age = max(age, now.Sub(r.messages[0].Made))
		}
	}
	return age
}

// WriteMetrics writes the metrics, which MetricHelp describes.
func (h *Webhooks) WriteMetrics(w io.Writer) { h.counts.set.WritePrometheus(w) }

// measure sets the gauges of the outbox, and returns its size in bytes.
func (h *Webhooks) measure() (bytes int64, err error) {
	entries, bytes, err := h.box.Size(h.running)
	if err == nil {
		h.counts.entries.Set(float64(entries))
		h.counts.bytes.Set(float64(bytes))
	}
	return bytes, err
}
