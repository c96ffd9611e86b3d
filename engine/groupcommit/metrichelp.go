package groupcommit

// MetricHelp describes the metrics of a Flusher: in each line the name, the type and the meaning of
// one.
const MetricHelp = `
realtime_journal_commit_seconds histogram Time to make the updates of a tick durable, for all rooms together.
realtime_journal_failures_total counter Commits of updates that failed.
realtime_slow_journal_commits_total counter Commits of updates that took longer than 50 ms.
`
