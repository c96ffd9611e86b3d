//go:build !unix

package doctor

func openFiles() (n uint64, known bool) { return 0, false }

func alive(int) bool { return true }
