package markdown_test

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// byForm splits trees into three parts, by the form in which Yjs 14 stores them.
func byForm(all []tree) map[string][]tree {
	forms := []string{"direct", "unnamed", "mixed"}
	by := make(map[string][]tree)
	for i := range all {
		form := forms[i%len(forms)]
		by[form] = append(by[form], all[i])
	}
	return by
}

// TestReadingDirectText shows that documents made by Yjs 14 are read: with text in elements, in
// types without a name, or both.
func TestReadingDirectText(t *testing.T) {
	ref := startReference(t)
	_, all := corpusTrees(t, ref, 21, 600)
	for form, trees := range byForm(all) {
		stored, states := ref.ask(t, request{Op: "store14", Form: form, Trees: trees})
		for i, state := range states {
			got, want := viewed(t, state, markdown.Schema{}), stored.Trees[i].node()
			if got, want := outline(markdown.Normalize(got)), outline(markdown.Normalize(want)); got != want {
				t.Fatalf("%s: got\n%s\nwant\n%s", form, got, want)
			}
			text := markdown.Format(trees[i].node())
			if got := markdown.Format(got); got != text &&
				got != markdown.Format(prose.StorableDirect(trees[i].node())) {
				t.Fatalf("%s: the draft is\n%s\nwant\n%s", form, got, text)
			}
		}
	}
}

// TestEditDirectText edits such documents, each to the text of the next, and shows that Yjs 13 and
// 14 merge the updates to that text.
func TestEditDirectText(t *testing.T) {
	ref := startReference(t)
	_, all := corpusTrees(t, ref, 22, 600)
	for form, trees := range byForm(all) {
		_, states := ref.ask(t, request{Op: "store14", Form: form, Trees: trees})
		_, typed := ref.ask(t, request{Op: "type", Version: 14}, states...)
		states = append(states, typed[:len(typed)/4]...)
		var wanted []markdown.Node
		var updates [][]byte
		for i, state := range states {
			u, err := yjs.CheckUpdate(state)
			if err != nil {
				t.Fatal(err)
			}
			want := trees[(i+1)%len(trees)].node()
			update, err := prose.Edit(u, markdown.Schema{}, want)
			if err != nil {
				t.Fatal(err)
			}
			if update == nil {
				update = []byte{0, 0}
			}
			wanted, updates = append(wanted, want), append(updates, state, update)
		}
		changed, after := ref.ask(t, request{Op: "change14"}, updates...)
		for i, want := range wanted {
			for reader, got := range map[string]markdown.Node{
				"Yjs 14": changed.Trees[i].node(), "our view": viewed(t, after[i], markdown.Schema{}),
			} {
				got, want := prose.Storable(got), prose.Storable(want)
				if outline(got) != outline(want) {
					t.Fatalf("%s, %s: got\n%s\nwant\n%s", form, reader, outline(got), outline(want))
				}
			}
		}
	}
}

// TestSeedDigestInYjs shows that seeds have the same digest after Yjs 13 or 14 has read them and
// written them again.
func TestSeedDigestInYjs(t *testing.T) {
	ref := startReference(t)
	docs, _ := corpusTrees(t, ref, 23, 600)
	var seeds [][]byte
	for _, doc := range docs {
		seeds = append(seeds, markdown.Schema{}.Seed(doc))
	}
	for _, op := range []string{"load", "load14"} {
		loaded, written := ref.ask(t, request{Op: op}, seeds...)
		for i := range docs {
			if got, want := outline(prose.Storable(loaded.Trees[i].node())), outline(prose.Storable(docs[i])); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", op, got, want)
			}
			var d ydoc.Doc
			d.Apply(yjs.Trust(written[i]))
			run := d.Structs(client(t, seeds[i]))
			run.Left-- // its Provenance
			if _, ok := markdown.SeedDigest(run); !ok {
				t.Fatalf("%s: of %x comes %x", op, seeds[i], written[i])
			}
		}
	}
}

// TestSeedDigestAfterEdits shows that seeds are recognized after clients of Yjs 13 and 14 have
// edited them, that their own structs are no seed, and that drafts have all of their text.
func TestSeedDigestAfterEdits(t *testing.T) {
	ref := startReference(t)
	docs, _ := corpusTrees(t, ref, 24, 200)
	var seeds [][]byte
	for _, doc := range docs {
		if len(doc.Content) > 0 {
			seeds = append(seeds, markdown.Schema{}.Seed(doc))
		}
	}
	other := markdown.Schema{}.Seed(parse(t, "quite another text"))
	for _, version := range []int{13, 14} {
		read, typed := ref.ask(t, request{Op: "type", Version: version}, seeds...)
		for i, update := range typed {
			u, err := yjs.CheckUpdate(update)
			if err != nil {
				t.Fatal(err)
			}
			var own, room ydoc.Doc
			own.Apply(yjs.Trust(seeds[i]))
			room.Apply(yjs.Trust(other))
			if !prose.HasForeignSeed(&room, nil, u, true, markdown.Schema{}) {
				t.Fatalf("Yjs %d: seed %d is not known", version, i)
			}
			if prose.HasForeignSeed(&own, nil, u, true, markdown.Schema{}) {
				t.Fatalf("Yjs %d: what is written in the room's own seed %d is taken for another",
					version, i)
			}
			own.Apply(u)
			all := prose.Storable(viewed(t, own.AppendState(nil), markdown.Schema{}))
			if got, want := outline(all), outline(prose.Storable(read.Trees[i].node())); got != want {
				t.Fatalf("Yjs %d: got\n%s\nwant\n%s", version, got, want)
			}
			if got := markdown.Format(all); !strings.HasSuffix(got, "typed") {
				t.Fatalf("Yjs %d: the draft is %q", version, got)
			}
		}
	}
}
