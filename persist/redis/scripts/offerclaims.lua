-- ARGV: a room, how many are kept, hashes, the oldest first. They become older than those that are
-- there: the owner may have claimed texts since.
local claims = key('claims', ARGV[1])
for i = #ARGV, 3, -1 do
  if not redis.call('LPOS', claims, ARGV[i]) then redis.call('RPUSH', claims, ARGV[i]) end
end
redis.call('LTRIM', claims, 0, ARGV[2] - 1)
return OK
