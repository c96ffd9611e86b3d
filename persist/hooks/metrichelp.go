package hooks

// MetricHelp describes the metrics that Client.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_hooks_breaker_opened_total counter Times that a hook failed so often that it was not called for a while, by hook.
realtime_hooks_call_seconds histogram Time of calls of hooks, by hook.
realtime_hooks_calls_total counter Calls of hooks, by hook and outcome.
realtime_hooks_retries_total counter Calls of hooks that were repeated.
realtime_hooks_sessions_known_total counter Tokens that were accepted by an answer in the cache.
realtime_hooks_sessions_refused_total counter Tokens that were refused by an answer in the cache.
realtime_hooks_sessions_stale_total counter Tokens that were accepted by an old answer in the cache, as the hook failed.
`
