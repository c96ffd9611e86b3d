package markdown_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// bigRecord returns about 100 KB of ordinary Markdown.
func bigRecord() string {
	r := rand.New(rand.NewPCG(8, 0))
	var b strings.Builder
	for b.Len() < 100_000 {
		b.WriteString(texts.Record(r) + "\n\n")
	}
	return b.String()
}

func BenchmarkParse(b *testing.B) {
	text := bigRecord()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		parse(b, text)
	}
}

func BenchmarkFormat(b *testing.B) {
	doc := parse(b, bigRecord())
	b.SetBytes(int64(len(markdown.Format(doc))))
	b.ReportAllocs()
	for b.Loop() {
		markdown.Format(doc)
	}
}

func BenchmarkSeed(b *testing.B) {
	doc := parse(b, bigRecord())
	b.SetBytes(int64(len(markdown.Schema{}.Seed(doc))))
	b.ReportAllocs()
	for b.Loop() {
		markdown.Schema{}.Seed(doc)
	}
}
