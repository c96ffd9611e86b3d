package bolt

// MetricHelp describes the metrics that Store.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_damaged_rooms gauge Rooms that do not open because of damage, or begin with their record.
realtime_journal_bytes gauge Size of the file with the updates that the database lacks.
realtime_journal_sync_fallbacks_total counter Times that the kernel refused asynchronous I/O for the journal, 0 or 1.
realtime_store_bytes gauge Size of the database.
realtime_store_damage_total counter Cases of damage that were found since the start.
realtime_store_free_bytes gauge Free space of the disk with the data directory; it is not known on every system.
realtime_store_gone gauge 1 while the store's files are not in their place, else 0.
`
