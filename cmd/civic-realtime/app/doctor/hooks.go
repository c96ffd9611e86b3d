package doctor

import "context"

// checkHooks calls each hook, and once more with a wrong signature.
func checkHooks(ctx context.Context, s *Subject) (found []Finding) {
	for _, h := range s.Hooks {
		found = append(found, checkHook(ctx, h)...)
	}
	return found
}

func checkHook(ctx context.Context, h Hook) []Finding {
	if h.Call == nil {
		return []Finding{ok("hooks.%s is not called here, as that would store a document", h.Name)}
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	if err := h.Call(ctx); err != nil {
		return []Finding{fail("start the receiver, or correct the URL, or set hooks.secret to "+
			"the receiver's; docs/hooks.md says what it has to answer; until it does, nobody new gets in",
			"%v", err)}
	}
	if err := h.Forged(ctx); err == nil {
		return []Finding{fail("make the receiver check the signature of each call, as in docs/hooks.md",
			"hooks.%s answers a call with a wrong signature: anybody who finds its URL can call it", h.Name)}
	}
	return []Finding{ok("hooks.%s answers, and refuses a wrong signature", h.Name)}
}
