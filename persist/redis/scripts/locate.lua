-- ARGV: a room, a number of a row. Returns the id of the last row with that number or a lower one.
local last, from = '0-0', '-'
while true do
  local rows = redis.call('XRANGE', key('journal', ARGV[1]), from, '+', 'COUNT', 16)
  for _, row in ipairs(rows) do
    if tonumber(string.match(row[1], '%d+$')) > tonumber(ARGV[2]) then return last end
    last = row[1]
  end
  if #rows < 16 then return last end
  from = '(' .. last
end
