-- ARGV: a room, the time in milliseconds, the snapshot, the reason, the name, three texts about
-- users, the version that was restored, limits. Returns the number of the version, or -2 if it has a
-- name and the room may have no more of these.
local room, at, limit = ARGV[1], tonumber(ARGV[2]), limits(10)
if ARGV[5] ~= '' and full(room, nil, #ARGV[3], limit) then return -2 end
begin(room)
local id = version(room, {
  time = at, kept = at, size = #ARGV[3], restored = ARGV[9],
  texts = { ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8] },
})
redis.call('SET', key('version:' .. id, room), ARGV[3])
surplus(room, at, limit)
return id
