-- ARGV: the last room that was looked at, or nothing, how many rooms, the time in milliseconds,
-- limits. Deletes versions that are too old. Returns how many, and the last room that was looked at,
-- or nothing if there are no more.
local after = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local rooms = redis.call('ZRANGEBYLEX', tag .. ':rooms', after, '+', 'LIMIT', 0, ARGV[2])
local deleted, limit = 0, limits(4)
for _, room in ipairs(rooms) do
  if redis.call('EXISTS', key('versions', room)) == 1 then
    local n = surplus(room, tonumber(ARGV[3]), limit)
    if n > 0 then tidy(room) end
    deleted = deleted + n
  end
end
return { tostring(deleted), #rooms == tonumber(ARGV[2]) and rooms[#rooms] or '' }
