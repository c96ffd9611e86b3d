-- ARGV: a room, how many are kept, hashes, the oldest first.
local claims = key('claims', ARGV[1])
for i = 3, #ARGV do
  redis.call('LREM', claims, 0, ARGV[i])
  redis.call('LPUSH', claims, ARGV[i])
end
redis.call('LTRIM', claims, 0, ARGV[2] - 1)
return OK
