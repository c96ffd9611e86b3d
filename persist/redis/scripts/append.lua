-- ARGV: for each room: its name, how its owner's value begins if rows need nothing but to be
-- appended, the id of its first row, how many rows, and their data. Returns for each room: minus
-- the refusal, or the number of its first row. Those of the others follow it.

-- prepare makes the room ready for rows, and returns the refusal.
local function prepare(room, noted)
  local lease, incarnation = string.match(noted, '^(.* )(%x+) $')
  local m = redis.call('HMGET', key('meta', room), 'incarnation', 'expires')
  local code = refused(room, lease, incarnation, m[1])
  if code == OK then
    if not m[1] then begin(room, incarnation) end
    keep(room, m[2])
    note(room, incarnation)
  end
  return code
end

-- append appends rows, and returns minus the refusal, or the number of the first.
local function append(room, id, from, rows)
  local journal, first = key('journal', room), nil
  local fence = string.match(id, '^%d+')
  for i = from, from + rows - 1 do
    local at = redis.pcall('XADD', journal, id, 'd', ARGV[i])
    -- The number is taken: the next one that is not.
    if type(at) == 'table' then at = redis.pcall('XADD', journal, fence .. '-*', 'd', ARGV[i]) end
    if type(at) == 'table' then return -REFUSED end
    if not first then first, id = string.match(at, '%d+$'), fence .. '-*' end
  end
  return tonumber(first)
end

local answer, i = {}, 1
while i <= #ARGV do
  local room, noted, rows = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 3])
  local owner, code = redis.call('GET', key('owner', room)), OK
  if not owner or string.sub(owner, 1, #noted) ~= noted then code = prepare(room, noted) end
  answer[#answer + 1] = code == OK and append(room, ARGV[i + 2], i + 4, rows) or -code
  i = i + 4 + rows
end
return answer
