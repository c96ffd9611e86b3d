package redis

// MetricHelp describes the metrics that Client.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_redis_call_seconds histogram Time of calls of Redis there and back, by call; a call is one pipeline for all rooms that are due.
realtime_redis_damage_total counter Rows, snapshots, versions and late updates in Redis that were found to be damaged.
realtime_redis_failures_total counter Calls of Redis that failed, or were answered with an error, by call.
realtime_redis_reachable gauge 1 if the last call reached Redis, else 0.
`
