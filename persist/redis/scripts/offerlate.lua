-- ARGV: for each update: its room, its hash, its incarnation, kind and data. Returns for each the
-- refusal.
local answer = {}
for i = 1, #ARGV, 3 do
  local room, value = ARGV[i], ARGV[i + 2]
  if gone(room, string.sub(value, 1, 16)) then
    answer[#answer + 1] = DROPPED
  else
    redis.call('HSET', key('late', room), ARGV[i + 1], value)
    redis.call('SADD', tag .. ':waiting', room)
    begin(room)
    answer[#answer + 1] = OK
  end
end
return answer
