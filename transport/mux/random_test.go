package mux

import (
	"io"
	"math/rand/v2"
	"net"
	"testing"
)

// randomFrames returns frames of which most are valid, for few streams.
func randomFrames(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b []byte
	for range r.IntN(200) {
		h := head{uint32(r.IntN(6)), kind(1 + r.IntN(6)), 0}
		if h.kind == kindAnswer && r.IntN(20) > 0 {
			h.kind = kindData
		}
		if r.IntN(100) == 0 {
			h.kind = kind(r.IntN(256))
		}
		if h.kind != kindEnd && h.kind != kindReset || r.IntN(100) == 0 {
			h.n = r.IntN(1000)
		}
		b = appendHead(b, h)
		b = append(b, make([]byte, h.payload())...)
	}
	return b
}

// play sends bytes to a server whose streams do different things, and waits until it has ended.
func play(t *testing.T, b []byte) {
	t.Helper()
	c, s := net.Pipe()
	ended := make(chan error, 1)
	Server(s, Config{
		Accept: func(st *Stream, opening []byte) {
			if len(opening)%8 != 7 {
				_ = st.Answer(opening)
			}
			switch len(opening) % 8 {
			case 0:
				st.Reset()
			case 1:
				_, _ = io.Copy(st, st)
				_ = st.CloseWrite()
			case 2:
				_ = st.CloseWrite()
			default:
				st.Notify(&echo{st: st})
			}
		},
		Ended: func(err error) { ended <- err },
	})
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(io.Discard, c)
	}()
	_, _ = c.Write(b)
	c.Close()
	await(t, ended)
	await(t, read)
}

// TestRandomFrames shows that a server survives frames at random.
func TestRandomFrames(t *testing.T) {
	for seed := range uint64(200) {
		play(t, randomFrames(seed))
	}
}

// FuzzServer sends bytes to a server.
func FuzzServer(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte(frame(1, kindOpen, 3, "abc") + data(1, 5) + frame(1, kindEnd, 0, "")))
	f.Add([]byte(frame(1, kindOpen, 0, "") + frame(1, kindWindow, 1<<24-1, "")))
	for seed := range uint64(20) {
		f.Add(randomFrames(seed))
		garbage, _ := randomBytes(seed, 1000)
		f.Add(garbage)
	}
	f.Fuzz(func(t *testing.T, b []byte) { play(t, b) })
}
