package civicpress

import "container/list"

// lru is a map that forgets what was least recently put or got. It has no lock.
type lru[K comparable, V any] struct {
	size  int
	order *list.List // of pair[K, V], the newest first
	of    map[K]*list.Element
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (l *lru[K, V]) init(size int) {
	l.size, l.order, l.of = size, list.New(), map[K]*list.Element{}
}

func (l *lru[K, V]) get(k K) (value V, ok bool) {
	e, ok := l.of[k]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(e)
	return e.Value.(pair[K, V]).value, true
}

func (l *lru[K, V]) put(k K, value V) {
	if e, ok := l.of[k]; ok {
		e.Value = pair[K, V]{k, value}
		l.order.MoveToFront(e)
		return
	}
	l.of[k] = l.order.PushFront(pair[K, V]{k, value})
	if l.order.Len() > l.size {
		l.drop(l.order.Back().Value.(pair[K, V]).key)
	}
}

func (l *lru[K, V]) drop(k K) {
	if e, ok := l.of[k]; ok {
		l.order.Remove(e)
		delete(l.of, k)
	}
}
