package codec

type JSON struct{ YWebsocket }

func (JSON) Name() string { return "civicpress.v1.json" }

type MsgPack struct{ YWebsocket }

func (MsgPack) Name() string { return "civicpress.v1.msgpack" }
