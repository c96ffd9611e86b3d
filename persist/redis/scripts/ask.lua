-- ARGV: a room, how long it is asked for in milliseconds.
redis.call('SET', key('asked', ARGV[1]), '1', 'PX', ARGV[2])
redis.call('SADD', tag .. ':waiting', ARGV[1])
return OK
