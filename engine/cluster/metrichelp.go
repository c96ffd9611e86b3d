package cluster

// MetricHelp describes the metrics of a Node: in each line the name, the type and the meaning of
// one.
const MetricHelp = `
realtime_cluster_nodes gauge Live nodes, this one included.
realtime_cluster_rooms gauge Rooms of which this node has the lease.
realtime_cluster_leases_taken_total counter Leases of rooms that this node took.
realtime_cluster_leases_lost_total counter Leases of rooms that this node had, and that were another's or nobody's.
realtime_cluster_leases_elsewhere_total counter Leases that this node tried to take, and that another had.
realtime_cluster_takes_waiting gauge Leases that wait until all nodes have put back what Redis lost.
realtime_cluster_changes_total counter Shards of Redis that had failed over, were restarted, or were emptied.
realtime_cluster_put_back_seconds histogram Time to put back what Redis may have lost.
realtime_cluster_redis_seconds histogram Time of an announcement, which is a probe, to Redis and back.
realtime_cluster_redis_failures_total counter Announcements and renewals that failed.
realtime_cluster_peer_seconds histogram Time of a probe to another node and back.
realtime_cluster_peer_failures_total counter Probes of other nodes that failed.
realtime_cluster_rooms_asked_total counter Rooms that their node was asked to give up, as it could not be reached.
realtime_cluster_rooms_unreachable gauge Rooms at nodes that cannot be reached from this one.
`
