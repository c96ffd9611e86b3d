package main

// snapshotCommand works on the store of a stopped server.
type snapshotCommand struct {
	List    listCommand    `cmd:"" help:"List records, or the versions that are kept of one."`
	Show    showCommand    `cmd:"" help:"Print the text of a record as Markdown."`
	Export  exportCommand  `cmd:"" help:"Write a record to a file."`
	Restore restoreCommand `cmd:"" help:"Make a version the text of its record again."`
}
