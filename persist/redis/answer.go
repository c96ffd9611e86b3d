package redis

import (
	"errors"
	"strconv"

	"github.com/redis/rueidis"
)

// errAnswer says that a script has answered what it never does.
var errAnswer = errors.New("Redis answered something else than expected")

// array returns the parts of an answer.
func array(result rueidis.RedisResult) ([]rueidis.RedisMessage, error) {
	parts, err := result.ToArray()
	if err != nil {
		return nil, failure(err)
	}
	return parts, nil
}

// texts returns the parts of an answer as texts; numbers in decimal.
func texts(result rueidis.RedisResult) ([]string, error) {
	parts, err := array(result)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(parts))
	for i := range parts {
		all[i] = textOf(&parts[i])
	}
	return all, nil
}

// textOf returns a text or a number as a text, and "" for anything else.
func textOf(m *rueidis.RedisMessage) string {
	if n, err := m.ToInt64(); err == nil {
		return strconv.FormatInt(n, 10)
	}
	s, _ := m.ToString()
	return s
}

// numbers returns the numbers that are the parts of an answer, as many as expected.
func numbers(result rueidis.RedisResult, want int) ([]int64, error) {
	all, err := result.AsIntSlice()
	if err != nil {
		return nil, failure(err)
	}
	if len(all) != want {
		return nil, errAnswer
	}
	return all, nil
}
