package prose

import (
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/align"
)

// maxPairs is the largest number of pairs of units and parts that are scored by similarity. If
// there are more, they are paired in order.
const maxPairs = 1 << 12

// pairs returns, for each part without an equal unit, the unit that is edited to become it, or -1.
// Both have the same name, and are between the same equal neighbours.
func pairs(units []unit, wanted []markdown.Node, match []int) []int {
	partners := make([]int, len(wanted))
	for j := range partners {
		partners[j] = -1
	}
	start, from := 0, 0
	for j := 0; j <= len(wanted); j++ {
		switch {
		case j == len(wanted):
			pairBetween(partners, units, wanted, from, len(units), start, j)
		case match[j] >= 0:
			pairBetween(partners, units, wanted, from, match[j], start, j)
			start, from = j+1, match[j]+1
		}
	}
	return partners
}

// pairBetween pairs units[from:to] with wanted[start:end].
func pairBetween(partners []int, units []unit, wanted []markdown.Node, from, to, start, end int) {
	n, m := to-from, end-start
	if n <= 0 || m <= 0 {
		return
	}
	if n*m > maxPairs {
		pairInOrder(partners, units, wanted, from, to, start, end)
		return
	}
	have, want := make([]wordCounts, n), make([]wordCounts, m)
	for x := range have {
		have[x] = countWords(&units[from+x].node)
	}
	for y := range want {
		want[y] = countWords(&wanted[start+y])
	}
	score := func(x, y int) float64 {
		if !pairable(&units[from+x], wanted[start+y]) {
			return -1
		}
		return 1 + 8*have[x].similarity(want[y])
	}
	for _, p := range bestPairs(n, m, score) {
		partners[start+p[1]] = from + p[0]
	}
}

// pairable reports whether a unit can be edited to become a part.
func pairable(u *unit, part markdown.Node) bool {
	return u.node.Name == part.Name &&
		(!mayHaveMarks(part.Name) || sameMarks(u.plain().Marks, part.Marks))
}

func pairInOrder(partners []int, units []unit, wanted []markdown.Node, from, to, start, end int) {
	for j := start; j < end && from < to; j++ {
		if pairable(&units[from], wanted[j]) {
			partners[j] = from
			from++
		}
	}
}

// bestPairs returns the pairs, ascending on both sides, with the largest sum of scores. A negative
// score forbids a pair.
func bestPairs(n, m int, score func(x, y int) float64) (found [][2]int) {
	width := m + 1
	sum, scores := make([]float64, (n+1)*width), make([]float64, n*width)
	for x := n - 1; x >= 0; x-- {
		for y := m - 1; y >= 0; y-- {
			s := score(x, y)
			scores[x*width+y] = s
			sum[x*width+y] = max(sum[(x+1)*width+y], sum[x*width+y+1])
			if s >= 0 {
				sum[x*width+y] = max(sum[x*width+y], s+sum[(x+1)*width+y+1])
			}
		}
	}
	for x, y := 0, 0; x < n && y < m; {
		switch s := scores[x*width+y]; {
		case s >= 0 && sum[x*width+y] == s+sum[(x+1)*width+y+1]:
			found = append(found, [2]int{x, y})
			x, y = x+1, y+1
		case sum[x*width+y] == sum[(x+1)*width+y]:
			x++
		default:
			y++
		}
	}
	return found
}

// wordCounts has the number of each word of a tree.
type wordCounts struct {
	words map[string]int
	n     int
}

func countWords(n *markdown.Node) wordCounts {
	b := wordCounts{words: make(map[string]int)}
	b.add(n)
	return b
}

func (b *wordCounts) add(n *markdown.Node) {
	for _, w := range strings.Fields(n.Text) {
		b.words[w]++
		b.n++
	}
	for i := range n.Content {
		b.add(&n.Content[i])
	}
}

// similarity returns the share of words that two trees have in common, from 0 to 1.
func (b wordCounts) similarity(o wordCounts) float64 {
	shared := 0
	for w, n := range b.words {
		shared += min(n, o.words[w])
	}
	return float64(shared) / float64(max(b.n, o.n, 1))
}

// matched returns, for each part, the unit that equals it, or -1.
func matched(units []unit, wanted []markdown.Node) []int {
	var have []string
	var owner []int
	for i := range units {
		for _, k := range units[i].keys {
			have, owner = append(have, k), append(owner, i)
		}
	}
	want := make([]string, len(wanted))
	for j := range wanted {
		want[j] = key(wanted[j])
	}
	match := make([]int, len(wanted))
	for j := range match {
		match[j] = -1
	}
	pairs := align.Match(have, want)
	for at := 0; at < len(pairs); {
		n := len(units[owner[at]].keys)
		if consecutive(pairs[at : at+n]) {
			for k := range n {
				match[pairs[at]+k] = owner[at]
			}
		}
		at += n
	}
	return match
}

func consecutive(pairs []int) bool {
	for k := range pairs {
		if pairs[k] < 0 || pairs[k] != pairs[0]+k {
			return false
		}
	}
	return true
}
