-- ARGV: a room, the lease, a hash, the version, how many are kept.
if not owns(ARGV[1], ARGV[2]) then return NOT_OWNER end
local claims = key('claims', ARGV[1])
redis.call('LREM', claims, 0, ARGV[3])
redis.call('LPUSH', claims, ARGV[3])
redis.call('LTRIM', claims, 0, ARGV[5] - 1)
raise(ARGV[1], ARGV[4])
return OK
