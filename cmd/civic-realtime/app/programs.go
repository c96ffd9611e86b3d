package app

import (
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/documents"
)

// openPrograms makes the documents API, if there is one. The engine is made.
func (p *components) openPrograms(c *Config) {
	if !c.API.on() || !c.enabled() {
		return
	}
	cfg := documents.Config{Settings: c.programs(), Engine: p.engine}
	p.documents = documents.New(cfg, p.logs.Area(logs.API))
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
		Schema: c.Documents.schema, Credential: c.CivicPress.Token,
	}
	if j := c.Auth.JWT.transport(); c.Auth.JWT.hasKeys() {
		j.ProgramAudience = a.Audience
		s.Program = auth.NewJWT(j).AdmitProgram
	}
	return s
}

// serveProgram returns the handler of requests of programs; nil if there is none.
func (p *components) serveProgram() transport.Programs {
	if p.documents == nil {
		return nil
	}
	return p.documents.Serve
}
