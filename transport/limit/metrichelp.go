package limit

// MetricHelp describes the metrics of this package: in each line the name, the type and the meaning
// of one.
const MetricHelp = `
realtime_closes_held_back_total counter Closes that were held back, as the client was closed for the same reason before.
realtime_handshakes_refused_total counter Handshakes beyond the rate of their address.
realtime_long_messages_waiting gauge Messages of 64 KiB or more that wait for a processor.
realtime_messages_waited_total counter Messages that had to wait for limits.unfinished_bytes.
realtime_refusals_held_back gauge Connections that were refused and whose close is held back.
realtime_refusals_not_held_back_total counter Refused connections that were closed at once, as too many closes are held back.
realtime_unfinished_messages_bytes gauge Memory reserved for messages that have come in part or are not processed yet.
`
