-- ARGV: a room, a node, how long what is set aside stays in milliseconds.
local room = ARGV[1]
local _, node = holder(redis.call('GET', key('owner', room)))
if node and node ~= ARGV[2] then return NOT_OWNER end
note(room, '-')
local suffix = ':' .. whole(now())
for _, kind in ipairs({ 'snapshot', 'journal' }) do
  if redis.call('EXISTS', key(kind, room)) == 1 then
    local aside = key('quarantine:' .. kind, room) .. suffix
    redis.call('RENAME', key(kind, room), aside)
    redis.call('PEXPIRE', aside, ARGV[3])
  end
end
redis.call('HDEL', key('meta', room), 'incarnation', 'saved', 'damaged')
if redis.call('EXISTS', key('versions', room)) == 0 then
  redis.call('DEL', key('meta', room))
  redis.call('ZREM', tag .. ':rooms', room)
  redis.call('ZREM', tag .. ':expiry', room)
end
return OK
