package doctor

import "context"

// checkWebhooks connects to each receiver of events, and sends nothing.
func checkWebhooks(ctx context.Context, s *Subject) (found []Finding) {
	for _, w := range s.Webhooks {
		ctx, cancel := context.WithTimeout(ctx, apiTimeout)
		found = append(found, checkWebhook(ctx, w))
		cancel()
	}
	return found
}

func checkWebhook(ctx context.Context, w Webhook) Finding {
	if err := w.Probe(ctx); err != nil {
		return fail("start the receiver, or correct its url, or its certificate; allow_private allows "+
			"addresses that are not public. Events wait for some four hours, and are parked then",
			"%s cannot be connected to: %v", w.Name, err)
	}
	if !w.Encrypted && !w.Private {
		return warn("give it an address with https://",
			"%s is sent names of users and documents that everybody on the way can read", w.Name)
	}
	return ok("%s can be connected to; nothing was sent: civic-realtime webhooks test does", w.Name)
}
