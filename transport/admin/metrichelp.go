package admin

// MetricHelp describes the metrics that Server.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_admin_connections gauge Connections to the admin API.
realtime_admin_events_lost_total counter Events that were not sent to an operator who read too slowly.
realtime_admin_refused_total counter Requests and connections to the admin API that were refused, by reason.
realtime_admin_requests_total counter Answers of the admin API, by class of status.
realtime_admin_streams gauge Answers of the admin API that last, such as events.
`
