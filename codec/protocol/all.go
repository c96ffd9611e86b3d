package protocol

// All are the protocols.
var All = [...]Protocol{YWebsocket{}, JSON{}, MsgPack{}, Hocuspocus{}}

// Number returns the position of p in All, for tables; len(All) if it is not there.
func Number(p Protocol) int {
	for i := range All {
		if All[i] == p {
			return i
		}
	}
	return len(All)
}
