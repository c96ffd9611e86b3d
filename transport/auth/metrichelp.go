package auth

// MetricHelp describes the metrics of RemoteKeys: in each line the name, the type and the meaning
// of one.
const MetricHelp = `
realtime_jwks_fetched_timestamp_seconds gauge Time at which keys were last fetched, in Unix time; 0 if they never were.
realtime_jwks_fetches_total counter Attempts to fetch keys, by outcome.
realtime_jwks_key_unknown_total counter Tokens whose keys are not known, and could not be looked up.
realtime_jwks_keys gauge Keys in use.
`
