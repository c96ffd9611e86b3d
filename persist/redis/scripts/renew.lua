-- ARGV: the length of leases in milliseconds, then for each room: its name, the lease, the version.
-- Returns for each room: minus the refusal, or twice the number of late updates, and 1 more if
-- another node asks for it.
local call, find = redis.call, string.find
local owner, ttl, answer = key('owner', ''), ARGV[1], {}
local changed = redis.call('EXISTS', tag .. ':marker') == 0
local waiting = redis.call('EXISTS', tag .. ':waiting') == 1
local keys = {}
for i = 2, #ARGV, 3 do keys[#keys + 1] = owner .. ARGV[i] end
local values = call('MGET', unpack(keys))
for i = 2, #ARGV, 3 do
  local room, n = ARGV[i], 0
  local value = values[#answer + 1]
  if changed then
    n = -CHANGED
  elseif not value or find(value, ARGV[i + 1], 1, true) ~= 1 then
    n = -NOT_OWNER
  else
    call('PEXPIRE', owner .. room, ttl)
    if ARGV[i + 2] ~= '0' then raise(room, ARGV[i + 2]) end
    if waiting and redis.call('SISMEMBER', tag .. ':waiting', room) == 1 then
      n = 2 * redis.call('HLEN', key('late', room)) + redis.call('EXISTS', key('asked', room))
      if n == 0 then redis.call('SREM', tag .. ':waiting', room) end
    end
  end
  answer[#answer + 1] = n
end
return answer
