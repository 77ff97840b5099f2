package api

import "fmt"

// health says that the process lives.
func (s *Server) health(c *call) error {
	c.SetContentType("text/plain")
	c.SetBodyString("ok\n")
	return nil
}

// ready says whether the process should get viewers.
func (s *Server) ready(c *call) error {
	if s.deps.Ready != nil {
		if ok, why := s.deps.Ready(); !ok {
			return refusal(codeNotReady, "%s", why)
		}
	}
	return s.health(c)
}

// metrics shows the figures.
func (s *Server) metrics(c *call) error {
	m := s.deps.Metrics
	if m == nil {
		return refusal(codeUnknownPath, "no metrics here")
	}
	if err := m.WriteText(c.Response.BodyWriter()); err != nil {
		c.Response.ResetBody()
		return fmt.Errorf("api: metrics: %w", err)
	}
	c.SetContentType(m.ContentType())
	return nil
}
