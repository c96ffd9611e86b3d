-- ARGV: a room, the lease, incarnation, version, the id of the first row that stays, the snapshot,
-- the time in milliseconds, how long it is known that the incarnation before was dropped or nothing
-- if it was not; to keep the snapshot before as a version: the least time between two, and limits;
-- else nothing.
local room, incarnation, at = ARGV[1], ARGV[3], tonumber(ARGV[7])
local meta, snapshot, journal = key('meta', room), key('snapshot', room), key('journal', room)
local m = redis.call('HMGET', meta, 'incarnation', 'expires', 'damaged', 'saved')
if not owns(room, ARGV[2]) then return NOT_OWNER end
if m[1] ~= incarnation and gone(room, incarnation) then return DROPPED end
if m[1] and m[1] > incarnation then return DROPPED end
if m[1] and m[1] ~= incarnation then
  if ARGV[8] ~= '' then
    local stored = redis.call('HGET', meta, 'version') or '0'
    redis.call('SET', key('gone', room), m[1] .. stored, 'PX', ARGV[8])
    redis.call('DEL', key('late', room))
  end
  redis.call('DEL', journal)
  redis.call('HDEL', meta, 'damaged')
elseif m[3] then
  return DAMAGED
end
if ARGV[9] and redis.call('EXISTS', snapshot) == 1 and due(room, at, tonumber(ARGV[9])) then
  local id = version(room, {
    time = tonumber(m[4] or '0'), kept = at, size = redis.call('STRLEN', snapshot),
    texts = { 'snapshot', '', '', '', '' },
  })
  redis.call('RENAME', snapshot, key('version:' .. id, room))
  surplus(room, at, limits(10))
end
if m[1] ~= incarnation then
  begin(room, incarnation)
  note(room, '-')
end
keep(room, m[2])
redis.call('SET', snapshot, ARGV[6])
redis.call('XTRIM', journal, 'MINID', ARGV[5])
redis.call('HSET', meta, 'saved', ARGV[7])
raise(room, ARGV[4])
return OK
