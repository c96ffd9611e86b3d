package standin

import (
	"cmp"
	"net"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// New returns a Receiver without users and documents. It panics if the secret has a wrong form.
func New(opt Options) *Receiver {
	secret, err := standardwebhooks.ParseSecret(cmp.Or(opt.Secret, DefaultSecret))
	if err != nil {
		panic(err)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Receiver{
		opt: opt, secret: secret,
		users: map[string]User{}, docs: map[string]Document{}, gone: map[string]bool{},
	}
}

// Handler returns the three endpoints, below /.
func (s *Receiver) Handler() http.Handler {
	mux := http.NewServeMux()
	s.on(mux, Authorize, s.authorize)
	s.on(mux, Load, s.load)
	s.on(mux, Store, s.store)
	return mux
}

// Listen serves on a free port of the loopback interface until stop is called.
func (s *Receiver) Listen() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: s.Handler()}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = server.Close() }, nil
}
