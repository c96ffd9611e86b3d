package netpoll

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"unsafe"
)

// keptRecord is the capacity in bytes of the largest buffer that an idle TLS connection keeps for
// its next record. A keystroke fits, and allocates no buffer.
const keptRecord = 1 << 10

// tlsBuffers are the offsets of the buffers of a tls.Conn for input: rawInput for records, hand for
// messages of handshakes. crypto/tls never frees them: after one long record each holds up to 40
// KiB, and after every handshake some 3 KiB. There are none if crypto/tls has no such fields any
// more; then that memory stays.
var tlsBuffers = offsetsOf("rawInput", "hand")

func offsetsOf(names ...string) (offsets []uintptr) {
	for _, name := range names {
		f, ok := reflect.TypeFor[tls.Conn]().FieldByName(name)
		if ok && f.Type == reflect.TypeFor[bytes.Buffer]() {
			offsets = append(offsets, f.Offset)
		}
	}
	return offsets
}

// freeTLSBuffers frees the large and empty buffers of c. The last Read of c must have failed for
// want of input, and c is not being read.
func freeTLSBuffers(c *tls.Conn) {
	for _, offset := range tlsBuffers {
		b := (*bytes.Buffer)(unsafe.Add(unsafe.Pointer(c), offset))
		if b.Len() == 0 && b.Cap() > keptRecord {
			*b = bytes.Buffer{}
		}
	}
}
