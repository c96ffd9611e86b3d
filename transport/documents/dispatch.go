package documents

// dispatch answers a request.
func (s *Server) dispatch(c *route, r *request) error { return c.handle(s, r) }
