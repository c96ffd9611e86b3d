package main

// snapshotCommand works on what a server has stored, while it runs or is stopped.
type snapshotCommand struct {
	List    listCommand    `cmd:"" help:"List stored records, or the versions that are kept of one; the server may run or be stopped."`
	Show    showCommand    `cmd:"" help:"Print the text of a record as Markdown; the server may run or be stopped."`
	Export  exportCommand  `cmd:"" help:"Write a record to a file; the server may run or be stopped."`
	Restore restoreCommand `cmd:"" help:"Give a record the content of a version again, also while people write; the server may run or be stopped."`
	Create  createCommand  `cmd:"" help:"Keep what a record says now as a version; the server may run or be stopped."`
	Rename  renameCommand  `cmd:"" help:"Give a version another name; the server may run or be stopped."`
	Delete  deleteCommand  `cmd:"" help:"Delete a version; the server may run or be stopped."`
}
