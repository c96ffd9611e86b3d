package main

import "testing"

// TestSnapshotEdit shows that versions in the store of a stopped server are made by name, renamed
// and deleted, and which errors there are.
func TestSnapshotEdit(t *testing.T) {
	dir := archived(t)
	output, _ := command(t, dir, "create --record a --name review")
	wantLines(t, output, `record "a" is kept as version 2`)
	output, _ = command(t, dir, "list --record a")
	wantLines(t, output, `VERSION .* NAME +BY`, `1 .* snapshot .*`, `2 .* by hand +review .*`)
	output, _ = command(t, dir, "rename --record a --version 1 --name first")
	wantLines(t, output, `version 1 of record "a" has that name`)
	output, _ = command(t, dir, "delete --record a --version 2")
	wantLines(t, output, `version 2 of record "a" is deleted`)
	output, _ = command(t, dir, "list --record a")
	wantLines(t, output, `VERSION .*`, `1 .* snapshot +first .*`)
	if text, _ := command(t, dir, "show --record a --version 1"); text != firstText {
		t.Errorf("%q", text)
	}
}
