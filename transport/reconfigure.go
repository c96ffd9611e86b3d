package transport

// Reconfigure replaces the configuration while people are connected. Fields that must stay as they
// are (see fixed) keep their values. Limits apply to what comes from now on: no connection is
// closed because there are more than a new limit allows, and a client that has used up its burst
// waits as long as it would have. Conditions on sessions apply to those that begin, and to others
// when they are rechecked. It must not be called by several goroutines at a time.
func (s *Server) Reconfigure(cfg Config) {
	cfg = cfg.withDefaults().fixed(s.cfg())
	s.conf.Store(newSettings(cfg))
	s.connLimits.SetLimits(cfg.connectionLimits())
	s.handshakeRate.SetRate(cfg.HandshakesPerIP, cfg.HandshakeBurst)
	s.suspicious.SetConfig(cfg.Suspicious)
	s.repeats.SetMaxRefusals(cfg.HeldRefusals)
}

// fixed returns c with the fields of before that cannot change while people are connected: the
// paths and the close codes that clients rely on, the memory for messages, and what is set up at
// the start, as the intervals of the regular check are.
func (c Config) fixed(before *Config) Config {
	c.Path, c.Disabled, c.CloseCodes = before.Path, before.Disabled, before.CloseCodes
	c.DocumentPath, c.NoDocuments = before.DocumentPath, before.NoDocuments
	c.FrameBytes, c.UnfinishedBytes = before.FrameBytes, before.UnfinishedBytes
	c.Handshakes, c.Unlimited = before.Handshakes, before.Unlimited
	c.Events, c.Metrics, c.Remark = before.Events, before.Metrics, before.Remark
	c.Build, c.Playground, c.SocketKept = before.Build, before.Playground, before.SocketKept
	c.HandshakeTimeout, c.PingInterval = before.HandshakeTimeout, before.PingInterval
	c.TLS, c.Owners, c.Peers, c.Ready = before.TLS, before.Owners, before.Peers, before.Ready
	c.BeforeDrain, c.Elsewhere = before.BeforeDrain, before.Elsewhere
	c.FirstConnection = before.FirstConnection
	return c
}
