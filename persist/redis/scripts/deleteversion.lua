-- ARGV: a room, the number of a version. Returns 0, or -1 if there is no such version.
if redis.call('HEXISTS', key('versions', ARGV[1]), ARGV[2]) == 0 then return -1 end
forget(ARGV[1], ARGV[2])
tidy(ARGV[1])
return 0
