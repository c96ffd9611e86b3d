package civicpress

// MetricHelp describes the metrics that Client.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_civicpress_breaker_opened_total counter Times that the API failed so often that it was not called for a while.
realtime_civicpress_call_seconds histogram Time of calls of the API, by call.
realtime_civicpress_calls_total counter Calls of the API, by call and outcome.
realtime_civicpress_records_failing_total counter Answers that a record cannot be loaded, from the cache.
realtime_civicpress_records_refused_total counter Answers that a record may not be seen, from the cache.
realtime_civicpress_records_shown_total counter Answers that a record may be seen, from the cache.
realtime_civicpress_retries_total counter Calls of the API that were repeated.
realtime_civicpress_sessions_known_total counter Tokens that were accepted by an answer in the cache.
realtime_civicpress_sessions_refused_total counter Tokens that were refused by an answer in the cache.
realtime_civicpress_sessions_stale_total counter Tokens that were accepted by an old answer in the cache, as the API failed.
realtime_civicpress_tokens_malformed_total counter Tokens that were refused by their form, without a call.
`
