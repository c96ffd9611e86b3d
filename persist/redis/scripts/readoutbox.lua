-- ARGV: a number, how many entries. Returns numbers above it and the values of these entries.
local all = {}
local seqs = redis.call('ZRANGEBYSCORE', tag .. ':outbox:order', '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
for _, seq in ipairs(seqs) do
  table.insert(all, seq)
  table.insert(all, redis.call('HGET', tag .. ':outbox', seq))
end
return all
