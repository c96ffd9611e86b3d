package transport

import "testing"

// TestOverTLS runs tests over TLS, with pollers and without.
func TestOverTLS(t *testing.T) {
	allOverTLS = true
	defer func() { allOverTLS = false }()
	run := func(t *testing.T) {
		for name, test := range map[string]func(*testing.T){
			"whole frames": TestWholeFrames, "close twice": TestCloseTwice, "close from client": TestCloseFromClient,
			"stall": TestStalledWriteEndsConnection, "slow": TestSlowReaderIsNotStalled, "close stalled": TestCloseStalled,
			"ping": TestPing, "malformed": TestMalformedFrames, "largest": TestLargestFrame, "panic": TestPanicEndsOneConnection,
			"while loading": TestFramesWhileLoading, "while authenticating": TestFramesWhileAuthenticating, "early": TestEarlyFrames, "leave": TestClientLeavesRoom,
			"first frame": TestFirstFrameDecides, "silent": TestSilentClient, "busy": TestBusyClient, "fresh token": TestFreshToken,
			"throttle": TestThrottle, "end while throttled": TestEndWhileThrottled,
			"unfinished": TestUnfinishedMessages, "silent sender": TestSilentSender, "waiting messages": TestWaitingMessages, "turns": TestLongMessagesTakeTurns,
			"reap": TestIdleTimeout, "unresponsive": TestIdleTimeoutWithoutAnswer, "drain": TestDrain, "drain unresponsive": TestDrainUnresponsive,
		} {
			t.Run(name, test)
		}
	}
	t.Run("polled", run)
	t.Run("goroutines", func(t *testing.T) {
		portable = true
		defer func() { portable = false }()
		run(t)
	})
}
