package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// BenchmarkListRooms measures a page of 1,000 out of 10,000 rooms, with everything but the network.
func BenchmarkListRooms(b *testing.B) {
	fake := madeUp()
	fake.rooms = make([]engine.RoomInfo, 10_000)
	for i := range fake.rooms {
		key := roomkey.MustParse(fmt.Sprint("record:by-law-", i*7919%10_000))
		fake.rooms[i] = engine.RoomInfo{Key: key, Peers: i % 50, DocumentBytes: i * 31 % 100_000}
	}
	s := New(Config{Engine: fake, Clients: fakeClients{fake}}, nil)
	for _, query := range []string{"sort=bytes&limit=1000", "sort=name&limit=100", "prefix=record:by-law-77", "search=77"} {
		b.Run(query, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodGet, "/v1/rooms?"+query, nil)
				r.Host = "localhost"
				if s.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
