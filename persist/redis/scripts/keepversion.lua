-- ARGV: a room, the reason, the snapshot, the time in milliseconds, how many are kept.
begin(ARGV[1])
local id = version(ARGV[1], ARGV[4], #ARGV[3], ARGV[2])
redis.call('SET', key('version:' .. id, ARGV[1]), ARGV[3])
surplus(ARGV[1], tonumber(ARGV[5]))
return OK
