-- ARGV: a room, the time in milliseconds, 0: never.
local room, at = ARGV[1], ARGV[2]
if at == '0' then
  keep(room, true)
elseif redis.call('ZSCORE', tag .. ':rooms', room) then
  redis.call('HSET', key('meta', room), 'expires', at)
  redis.call('ZADD', tag .. ':expiry', at, room)
  note(room, '-')
end
return OK
