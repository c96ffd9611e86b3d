package cluster

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestBootTime shows that the clock of leases goes on, and that on Linux it is the time since the
// machine was started, with suspends.
func TestBootTime(t *testing.T) {
	before := bootTime()
	if runtime.GOOS == "linux" {
		text, err := os.ReadFile("/proc/uptime")
		if err != nil {
			t.Fatal(err)
		}
		up, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		uptime := time.Duration(up * float64(time.Second))
		if after := bootTime(); uptime < before-10*time.Millisecond || uptime > after {
			t.Errorf("%v is not between %v and %v", uptime, before, after)
		}
	}
	for bootTime() == before { //nolint:revive // it ends when the clock goes on
	}
}
