-- ARGV: the length of leases in milliseconds, then for each room: its name, the lease, the version.
-- Returns for each room: minus the refusal, or twice the number of late updates, and 1 more if
-- another node asks for it.
local answer = {}
local changed = redis.call('EXISTS', tag .. ':marker') == 0
local waiting = redis.call('EXISTS', tag .. ':waiting') == 1
for i = 2, #ARGV, 3 do
  local room, n = ARGV[i], 0
  if changed then
    n = -CHANGED
  elseif not owns(room, ARGV[i + 1]) then
    n = -NOT_OWNER
  else
    redis.call('PEXPIRE', key('owner', room), ARGV[1])
    raise(room, ARGV[i + 2])
    if waiting and redis.call('SISMEMBER', tag .. ':waiting', room) == 1 then
      n = 2 * redis.call('HLEN', key('late', room)) + redis.call('EXISTS', key('asked', room))
      if n == 0 then redis.call('SREM', tag .. ':waiting', room) end
    end
  end
  answer[#answer + 1] = n
end
return answer
