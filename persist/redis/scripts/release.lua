-- ARGV: for each room: its name, the lease.
for i = 1, #ARGV, 2 do
  if owns(ARGV[i], ARGV[i + 1]) then
    redis.call('DEL', key('owner', ARGV[i]), key('asked', ARGV[i]))
  end
end
return OK
