-- ARGV: how many decisions to drop, their fields; then fields and values to keep.
local decisions, drop = tag .. ':decisions', tonumber(ARGV[1])
for i = 2, drop + 1 do redis.call('HDEL', decisions, ARGV[i]) end
for i = drop + 2, #ARGV, 2 do redis.call('HSET', decisions, ARGV[i], ARGV[i + 1]) end
return OK
