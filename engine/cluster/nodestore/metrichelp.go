package nodestore

// MetricHelp describes the metrics of a Store: in each line the name, the type and the meaning of
// one.
const MetricHelp = `
realtime_cluster_incomplete_total counter Rooms that were loaded although updates refer to others that Redis has lost.
realtime_cluster_late_offered_total counter Late updates that this node left for the nodes of the rooms.
realtime_cluster_late_taken_total counter Late updates of other nodes that were merged into rooms of this one.
realtime_cluster_local_drops_total counter Rooms that were dropped from the disk of this node, as they were dropped in Redis.
realtime_cluster_outbox_bytes gauge Updates that are on the disk of this node, and not in Redis yet, in memory.
realtime_cluster_outbox_failures_total counter Times that updates could not be sent to Redis.
realtime_cluster_outbox_seconds gauge For how long the oldest update has waited to be sent to Redis.
realtime_cluster_outbox_whole_rooms gauge Rooms of which the whole state is to be sent, as their updates have no place in memory.
realtime_cluster_put_backs_total counter Rooms whose state was put back, as Redis may have lost something.
realtime_cluster_put_backs_spared_total counter Rooms that were to be put back, and of which Redis has everything.
realtime_cluster_versions_kept_total counter Documents that were kept as versions, as another document of that room has its place.
`
