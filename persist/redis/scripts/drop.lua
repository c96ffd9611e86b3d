-- ARGV: the time in milliseconds, a node, how many rooms to pass over, how many to look at, how long
-- a tombstone stays in milliseconds. Drops rooms that have expired, that no other node has, and for
-- which no late update waits. Returns how many it dropped, and how many it left.
local dropped, left = 0, 0
local due = redis.call('ZRANGEBYSCORE', tag .. ':expiry', '-inf', ARGV[1], 'LIMIT', ARGV[3], ARGV[4])
for _, room in ipairs(due) do
  local owner = redis.call('GET', key('owner', room))
  local _, node = holder(owner)
  if node and node ~= ARGV[2] or redis.call('EXISTS', key('late', room)) == 1 then
    left = left + 1
  else
    local meta = key('meta', room)
    local m = redis.call('HMGET', meta, 'incarnation', 'version')
    if m[1] then redis.call('SET', key('gone', room), m[1] .. (m[2] or '0'), 'PX', ARGV[5]) end
    for _, id in ipairs(redis.call('HKEYS', key('versions', room))) do
      redis.call('DEL', key('version:' .. id, room))
    end
    redis.call('DEL', meta, key('snapshot', room), key('journal', room), key('versions', room),
      key('claims', room), key('asked', room))
    note(room, '-')
    redis.call('ZREM', tag .. ':rooms', room)
    redis.call('ZREM', tag .. ':expiry', room)
    dropped = dropped + 1
  end
end
return { dropped, left }
