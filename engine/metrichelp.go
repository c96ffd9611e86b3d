package engine

import (
	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// MetricHelp describes the metrics that Engine.WriteMetrics writes: in each line the name, the type
// and the meaning of one, or an earlier name, "deprecated" and the current one.
const MetricHelp = groupcommit.MetricHelp + recordsync.MetricHelp + `
realtime_author_runs_dropped_total counter Runs of one author that were too many or too short to be kept beside the others (authors.max_runs): nobody is known as their author.
realtime_batches_total counter Broadcasts of the updates that a room had collected.
realtime_compaction_failures_total counter Documents that could not be compacted.
realtime_compressed_rooms gauge Rooms without peers whose document is held compressed.
realtime_sealed_rooms deprecated realtime_compressed_rooms
realtime_connections_refused_total counter Connections that were refused, by the limit that they exceeded.
realtime_control_messages_denied_total counter Messages that steer a room, of clients that are no administrators of it.
realtime_decisions_refused_total counter Locks and bans that were refused as there are too many, by limit.
realtime_banned_users gauge Users that administrators keep out at the moment.
realtime_locked_rooms gauge Rooms that administrators have locked, loaded or not.
realtime_delayed_rooms gauge Rooms whose users were notified that updates wait to be stored.
realtime_deleted_document_clients_total counter Clients and programs that were refused as they had a document that was deleted, and in whose place another one was begun.
realtime_deleted_document_joins_total counter Attempts to load a document that was deleted; one can be for several clients.
realtime_deleted_documents_total counter Documents that were deleted for good.
realtime_disowned_rooms_total counter Rooms that ended here as another node has their lease.
realtime_expired_rooms_total counter Rooms whose stored data has expired.
realtime_handed_over_rooms_total counter Rooms that were given up so that another node takes them.
realtime_failing_rooms gauge Rooms in memory whose commits, snapshots, drafts or loads fail.
realtime_held_update_bytes gauge Updates that wait for the compaction of a full document.
realtime_integration_budget_exceeded_total counter Attempts to read a document for a draft or for compaction that took more than limits.integration_steps.
realtime_invalid_messages_total counter Messages that could not be read, by reason.
realtime_journal_refused_rows_total counter Updates that the store refused for one room alone, which keeps them and tries again.
realtime_large_documents_total counter Documents that became larger than limits.document_warn_bytes while they were loaded.
realtime_large_snapshots_total counter Rooms with a snapshot larger than snapshots.warn_bytes.
realtime_max_rooms gauge Rooms that may have clients at the same time (rooms.max_rooms).
realtime_named_versions_refused_total counter Names for versions that were refused, as their room has as many named versions as it may have.
realtime_occupied_rooms gauge Rooms with clients.
realtime_peers gauge Clients in rooms.
realtime_pending_drops_total counter Times that all updates of a room which waited for missing ones were dropped.
realtime_presence_dropped_total counter Presence that was dropped as it was too large, by the limit that it exceeded.
realtime_protocol_peers gauge Clients in rooms, by protocol.
realtime_queue_overflows_total counter Messages that did not fit into the queue of a slow client, which is sent one difference instead.
realtime_received_messages_total counter Messages from clients, by protocol and kind.
realtime_resyncs_total counter Differences sent to slow clients, and requests for updates that clients have and the server lacks.
realtime_room_bytes histogram Rooms in memory by the size of their document, compressed where it is held so; the sum falls when rooms go.
realtime_room_crashes_total counter Rooms that ended because of a fault in the server.
realtime_room_load_failures_total counter Rooms that could not be loaded.
realtime_room_load_seconds histogram Time to load a room from the store.
realtime_room_lock_waits_total counter Work that had to wait for a busy room, or was left to the room as it takes long.
realtime_room_peers histogram Rooms in memory by their number of clients; the sum falls when clients leave.
realtime_rooms gauge Rooms in memory.
realtime_rooms_set_aside_total counter Rooms that began with their record, as their stored data is damaged.
realtime_rooms_refused_total counter Joins of rooms that were not loaded, which were refused as memory was nearly used up.
realtime_sent_bytes_total counter Bytes written to clients.
realtime_sent_messages_total counter Messages written to clients, by protocol and kind.
realtime_slow_operations_total counter Operations that took longer than log.slow_operation, by operation.
realtime_snapshot_consecutive_failures gauge Snapshots that have failed since the last that was stored.
realtime_snapshot_failures_total counter Snapshots that could not be stored.
realtime_snapshot_kept_bytes gauge Compressed parts of the last snapshots, of which the next ones are made.
realtime_snapshot_saves_total counter Snapshots that were stored.
realtime_snapshot_seconds histogram Time to encode and store a snapshot, or to fail.
realtime_stateless_messages_total counter Stateless messages of clients, by what became of them.
realtime_unpublished_refusals_total counter Joins that were refused, and connections that were closed, as the record has changes that their user may not see.
realtime_update_delay_seconds histogram Time from the first update that a room collects to its broadcast, which waits for the store.
realtime_updates_denied_total counter Updates that were refused, by error code.
realtime_updates_merged_total counter Updates that changed a document.
realtime_version_mismatches_total counter Updates that refer to missing ones, and clients that know a newer version than the server, by reason.
realtime_versions_expired_total counter Versions that were deleted as they were older than snapshots.versions_max_age.
realtime_versions_kept_total counter Versions that were kept by name, before a restoration, before an agent's edits, or of a text that lost a conflict; automatic ones are not counted.
realtime_very_large_documents_total counter Documents that became larger than limits.document_split_bytes while they were loaded.
`
