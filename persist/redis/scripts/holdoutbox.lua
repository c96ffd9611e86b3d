-- ARGV: a node; for how long it delivers what is in the outbox, in milliseconds, 0: no more. Returns 1 if
-- it does.
local holder = tag .. ':outbox:holder'
local now = redis.call('GET', holder)
if now and now ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('DEL', holder) return 0 end
redis.call('SET', holder, ARGV[1], 'PX', ARGV[2])
return 1
