-- ARGV: for each room: its name, how its owner's value begins if rows need nothing but to be
-- appended, the id of its first row, how many rows, and their data. Returns for each room: minus
-- the refusal, 0 if its first row has that id, or the number of its first row. Those of the others
-- follow it.
local run, find = redis.pcall, string.find
local owner, journal = key('owner', ''), key('journal', '')

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

-- another appends a row at the next number that is not taken, and returns the number, or minus the
-- refusal.
local function another(room, id, data)
  local at = run('XADD', journal .. room, string.match(id, '^%d+') .. '-*', 'd', data)
  if type(at) == 'table' then return -REFUSED end
  return tonumber(string.match(at, '%d+$'))
end

-- append appends rows, and returns what is answered about the room.
local function append(room, id, from, rows)
  local n = 0
  if type(run('XADD', journal .. room, id, 'd', ARGV[from])) == 'table' then
    n = another(room, id, ARGV[from])
  end
  for i = from + 1, from + rows - 1 do
    if n < 0 or another(room, id, ARGV[i]) < 0 then return -REFUSED end
  end
  return n
end

-- The rooms, by where their arguments begin, and the values of their owners.
local starts, keys, i, last = {}, {}, 1, #ARGV
while i <= last do
  starts[#starts + 1], keys[#keys + 1] = i, owner .. ARGV[i]
  i = i + 4 + ARGV[i + 3]
end
local values = redis.call('MGET', unpack(keys))

local answer = {}
for n, at in ipairs(starts) do
  local room, noted, code, value = ARGV[at], ARGV[at + 1], OK, values[n]
  if not value or find(value, noted, 1, true) ~= 1 then code = prepare(room, noted) end
  answer[n] = code == OK and append(room, ARGV[at + 2], at + 4, tonumber(ARGV[at + 3])) or -code
end
return answer
