-- ARGV: a room, the lease, incarnation, a number for the first row. Moves late updates of the
-- incarnation to the journal. Returns the refusal, or for each: its id, or nothing if it is of
-- another incarnation, and its value.
local room, lease, incarnation, number = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local m = redis.call('HMGET', key('meta', room), 'incarnation', 'expires')
local code = refused(room, lease, incarnation, m[1])
if code ~= OK then return code end
local late = redis.call('HGETALL', key('late', room))
if #late > 0 and m[1] then note(room, incarnation) end
local answer, fence = {}, string.match(lease, '^%d+')
for i = 2, #late, 2 do
  local value, id = late[i], ''
  if string.sub(value, 1, 16) == incarnation then
    if not m[1] then begin(room, incarnation) m[1] = incarnation end
    id = add(room, fence, whole(number), string.sub(value, 17, 17), string.sub(value, 18))
    if type(id) == 'table' then return id end
    number = number + 1
  end
  answer[#answer + 1] = id
  answer[#answer + 1] = value
end
if #late > 0 then
  keep(room, m[2])
  redis.call('DEL', key('late', room))
end
return answer
