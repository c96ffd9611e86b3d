package webhooks

// MetricHelp describes the metrics of this package.
const MetricHelp = `
realtime_webhooks_messages_total counter Messages for endpoints of webhooks that were put into the outbox.
realtime_webhooks_attempts_total counter Attempts to deliver a message, by outcome: delivered, failed, or off, if the receiver has answered with 410.
realtime_webhooks_attempt_seconds histogram Time of an attempt, until the header of the answer.
realtime_webhooks_parked_total counter Messages that were parked: after the last attempt, or as their endpoint is off.
realtime_webhooks_lost_total counter Messages and events that were not delivered and are gone, by reason: full, of an outbox or a list in memory without room; off, of endpoints that had answered with 410; removed, of endpoints that are not in the configuration any more; operator, who has dropped them; busy, of events that came too fast.
realtime_webhooks_store_failures_total counter Failures to put events into the outbox; they wait in memory.
realtime_webhooks_waiting_events gauge Events in memory that are not in the outbox yet.
realtime_webhooks_outbox_messages gauge Messages in the outbox, also parked ones, as this server has seen it last.
realtime_webhooks_outbox_bytes gauge Their size, which webhook_delivery.outbox_bytes bounds.
realtime_webhooks_outbox_limit_bytes gauge What webhook_delivery.outbox_bytes allows.
realtime_webhooks_parked_messages gauge Messages that are parked; of several nodes the one that sends has this and the next two.
realtime_webhooks_oldest_seconds gauge Age of the oldest message that waits to be delivered; 0 if none waits.
realtime_webhooks_endpoints_off gauge Endpoints that nothing is sent to, as they have answered with 410.
realtime_webhooks_sending gauge 1 if this server sends the messages in the outbox; of several nodes one does.
`
