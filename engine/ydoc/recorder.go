package ydoc

// Recorder is told what is new to a document: units, in the order of each client's clocks, and
// deletions, each once. by is the number that the update came with (ApplyBy), which may be an
// earlier one, as what it brought was pending. It must not use the document.
type Recorder interface {
	Inserted(client, clock, end uint64, by uint32)
	Deleted(client, clock, end uint64, by uint32)
}
