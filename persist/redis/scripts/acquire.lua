-- ARGV: the generation that is expected, or nothing, a node, the length of leases in milliseconds,
-- rooms. Returns the generation and, if it is that one, for each room: fence, node, incarnation,
-- version, the number of late updates, and the incarnation that was dropped last.
local current = generation()
local answer = { current }
if ARGV[1] ~= '' and ARGV[1] ~= current then return answer end
local node, ttl = ARGV[2], ARGV[3]
local run = string.sub(current, -40, -25)
local last = tonumber(redis.call('GET', tag .. ':fence') or 0)
local time = now()
for i = 4, #ARGV do
  local room = ARGV[i]
  local owner = redis.call('GET', key('owner', room))
  local fence, has, of = holder(owner)
  if not owner or has == node and of ~= run then
    -- Fences are times, so that they do not begin anew when Redis was emptied.
    last = math.max(last + 1, time)
    fence, has = whole(last), node
    redis.call('SET', key('owner', room), fence .. ' ' .. node .. ' - ' .. run, 'PX', ttl)
    redis.call('DEL', key('asked', room))
    close(room) -- to rows of the owner before
  elseif has == node then
    redis.call('PEXPIRE', key('owner', room), ttl)
  end
  local m = redis.call('HMGET', key('meta', room), 'incarnation', 'version')
  local dropped = redis.call('GET', key('gone', room))
  for _, v in ipairs({
    fence, has, m[1] or '', m[2] or dropped and string.sub(dropped, 17) or '0',
    redis.call('HLEN', key('late', room)), dropped and string.sub(dropped, 1, 16) or '',
  }) do
    answer[#answer + 1] = v
  end
end
redis.call('SET', tag .. ':fence', whole(last))
return answer
