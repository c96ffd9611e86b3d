package httpapi

import "net/http"

// Counting is a ResponseWriter that calls Count with the status of the answer, once.
type Counting struct {
	http.ResponseWriter
	Status int // 0: nothing is written yet
	Count  func(status int)
}

// WriteHeader implements http.ResponseWriter.
func (c *Counting) WriteHeader(status int) {
	if c.Status == 0 {
		c.Status = status
		c.Count(status)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *Counting) Write(b []byte) (int, error) {
	if c.Status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (c *Counting) Unwrap() http.ResponseWriter { return c.ResponseWriter }
