-- ARGV: a room, the number of a version, a name, limits. Returns 0, -1 if there is no such version, or
-- -2 if the room may have no more with names.
local room, id = ARGV[1], ARGV[2]
local stored = redis.call('HGET', key('versions', room), id)
if not stored then return -1 end
local v = described(stored)
if ARGV[3] ~= '' and full(room, id, v.size, limits(4)) then return -2 end
v.texts[2] = ARGV[3]
redis.call('HSET', key('versions', room), id, description(v))
return 0
