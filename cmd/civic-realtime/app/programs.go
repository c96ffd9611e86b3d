package app

import (
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/documents"
)

// openPrograms makes the documents API, if there is one. The engine is made.
func (p *components) openPrograms(c *Config, trail *audit.Trail) {
	if !c.API.on() || !c.enabled() {
		return
	}
	cfg := documents.Config{
		Settings: c.programs(), Engine: p.engine, Audit: auditProgram(trail),
		Records: p.civic != nil || p.hooks.hasRecords(),
	}
	if p.node != nil {
		cfg.Nodes, cfg.OnDisk = p.node.others, nodestore.OnDisk
	}
	p.documents = documents.New(cfg, p.logs.Area(logs.API))
	if p.node != nil {
		p.node.others.AnswerBelow(documents.Path, p.documents.ForNodes())
	}
	addMetrics(p.metrics, p.documents)
}

// programs returns the settings of the documents API.
func (c *Config) programs() documents.Settings {
	a := &c.API
	s := documents.Settings{
		Keys: a.keys, Open: c.dev && a.keys.Len() == 0, AllowedOrigins: c.origins,
		RequestsPerSecond: int(a.PerSecond), Burst: int(a.Burst),
		Requests: int(a.MaxRequests), Readers: int(a.MaxReaders),
		CacheBytes: int(a.CacheBytes), KeepTexts: a.keepTexts(),
		DocumentBytes: int(c.Limits.DocumentBytes), MaxSteps: uint64(c.Limits.IntegrationSteps),
		CursorBytes: int(c.Limits.AwarenessBytes), Schema: c.Documents.schema,
		Credential: c.CivicPress.Token,
		SocketURL:  a.URL, SocketPath: c.Path, Presences: int(a.MaxPresences),
		AgentVersions: time.Duration(a.AgentVersions), MaxToken: time.Duration(c.Auth.MaxTokenAge),
		Sign: c.signer(),
	}
	if j := c.Auth.JWT.transport(); c.Auth.JWT.hasKeys() {
		j.ProgramAudience = a.Audience
		s.Program = auth.NewJWT(j).AdmitProgram
	}
	return s
}

// signer returns the function that signs tokens for clients; nil if there is no key for that.
func (c *Config) signer() func(auth.Session, time.Duration) (string, error) {
	j := c.Auth.JWT
	if j.Secret == "" && j.own == nil {
		return nil
	}
	return func(s auth.Session, ttl time.Duration) (string, error) {
		secret := []byte(j.Secret)
		if len(secret) == 0 {
			secret = j.own()
		}
		return j.transport().Sign(secret, s, ttl)
	}
}

// serveProgram returns the handler of requests of programs; nil if there is none.
func (p *components) serveProgram() transport.Programs {
	if p.documents == nil {
		return nil
	}
	return p.documents.Serve
}
