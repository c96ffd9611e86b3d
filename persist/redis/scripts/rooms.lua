-- ARGV: the last room that was listed, or nothing, and how many; or nothing, 0, and a room. Returns
-- for each room: its name, when its snapshot was saved, its size, rows, versions, expiry.
local names
if ARGV[2] == '0' then
  names = { ARGV[3] }
else
  local after = ARGV[1] == '' and '-' or '(' .. ARGV[1]
  names = redis.call('ZRANGEBYLEX', tag .. ':rooms', after, '+', 'LIMIT', 0, ARGV[2])
end
local answer = {}
for _, room in ipairs(names) do
  local m = redis.call('HMGET', key('meta', room), 'saved', 'expires')
  for _, v in ipairs({
    room, m[1] or '0', redis.call('STRLEN', key('snapshot', room)),
    redis.call('XLEN', key('journal', room)) + redis.call('HLEN', key('late', room)),
    redis.call('HLEN', key('versions', room)), m[2] or '0',
  }) do
    answer[#answer + 1] = v
  end
end
return answer
