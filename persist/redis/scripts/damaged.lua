-- ARGV: a room. Marks it as damaged.
if redis.call('EXISTS', key('meta', ARGV[1])) == 1 then
  redis.call('HSET', key('meta', ARGV[1]), 'damaged', '1')
end
return OK
