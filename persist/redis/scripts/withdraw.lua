-- ARGV: a node.
redis.call('DEL', key('node', ARGV[1]))
redis.call('ZREM', tag .. ':nodes', ARGV[1])
return OK
