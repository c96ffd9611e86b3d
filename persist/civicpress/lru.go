package civicpress

import "container/list"

// lru is a map that forgets what was least recently put or got. It has no lock.
type lru[V any] struct {
	size  int
	order *list.List // of pair[V], the newest first
	of    map[key]*list.Element
}

type pair[V any] struct {
	key   key
	value V
}

func (l *lru[V]) init(size int) {
	l.size, l.order, l.of = size, list.New(), map[key]*list.Element{}
}

func (l *lru[V]) get(k key) (value V, ok bool) {
	e, ok := l.of[k]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(e)
	return e.Value.(pair[V]).value, true
}

func (l *lru[V]) put(k key, value V) {
	if e, ok := l.of[k]; ok {
		e.Value = pair[V]{k, value}
		l.order.MoveToFront(e)
		return
	}
	l.of[k] = l.order.PushFront(pair[V]{k, value})
	if l.order.Len() > l.size {
		l.drop(l.order.Back().Value.(pair[V]).key)
	}
}

func (l *lru[V]) drop(k key) {
	if e, ok := l.of[k]; ok {
		l.order.Remove(e)
		delete(l.of, k)
	}
}
