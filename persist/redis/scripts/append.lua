-- ARGV: for each room: its name, the lease, the incarnation, the number of its first row, how many
-- rows, and their data. Returns for each room: minus the refusal, or the number of its first row.
-- Those of the others follow it.
local answer, i = {}, 1
while i <= #ARGV do
  local room, lease, incarnation, rows = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 4])
  local m = redis.call('HMGET', key('meta', room), 'incarnation', 'expires')
  local first = -refused(room, lease, incarnation, m[1])
  if first == OK then
    if not m[1] then begin(room, incarnation) end
    keep(room, m[2])
    local fence, number = string.match(lease, '^%d+'), ARGV[i + 3]
    for row = 1, rows do
      local id = add(room, fence, number, 'd', ARGV[i + 4 + row])
      if type(id) == 'table' then first = -REFUSED break end
      if row == 1 then first, number = tonumber(string.match(id, '%d+$')), '*' end
    end
  end
  answer[#answer + 1] = first
  i = i + 5 + rows
end
return answer
