package audit

// MetricHelp describes the metrics that Trail.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_audit_failing gauge 1 while the audit trail cannot be written, else 0.
realtime_audit_failures_total counter Attempts to write, sync or open the audit trail that failed.
realtime_audit_lines_lost_total counter Lines of the audit trail that were lost.
realtime_audit_lines_total counter Lines of the audit trail that were written.
`
