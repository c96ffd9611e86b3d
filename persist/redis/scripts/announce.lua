-- ARGV: a marker, a node or nothing, its description, how long it lives in milliseconds.
-- Returns the generation, 1 if the marker was missing, and names and descriptions of live nodes.
local made = redis.call('SET', tag .. ':marker', ARGV[1], 'NX')
local answer = { generation(), made and 1 or 0 }
if ARGV[2] == '' then return answer end
local nodes, at, ttl = tag .. ':nodes', now(), tonumber(ARGV[4])
redis.call('SET', key('node', ARGV[2]), ARGV[3], 'PX', ARGV[4])
redis.call('ZADD', nodes, whole(at + ttl), ARGV[2])
redis.call('ZREMRANGEBYSCORE', nodes, '-inf', whole(at))
for _, name in ipairs(redis.call('ZRANGE', nodes, 0, -1)) do
  local description = redis.call('GET', key('node', name))
  if description then
    answer[#answer + 1] = name
    answer[#answer + 1] = description
  end
end
return answer
