-- ARGV: the limit in bytes, 0: none; what the size of an entry is more than the length of its value;
-- how many entries to add, each with the number that it has, its queue and id, its value; how many to
-- change, each with its number and value; how many to drop, their numbers; then keys and values of
-- marks, an empty value for none.
local box, order, ids = tag .. ':outbox', tag .. ':outbox:order', tag .. ':outbox:ids'
local sizes, marks = tag .. ':outbox:bytes', tag .. ':outbox:marks'
local more, at = tonumber(ARGV[2]), 3

local function nextarg()
  at = at + 1
  return ARGV[at - 1]
end

local function grow(bytes) redis.call('INCRBY', sizes, whole(bytes)) end

local function drop(seq)
  local value = redis.call('HGET', box, seq)
  if not value then return false end
  redis.call('HDEL', ids, string.match(value, '^(%Z+%z%Z+)%z'))
  redis.call('HDEL', box, seq)
  redis.call('ZREM', order, seq)
  grow(-(#value + more))
  return true
end

local function add(old, id, value)
  if old ~= '0' then
    if not drop(old) then return end
  elseif redis.call('HEXISTS', ids, id) == 1 then
    return
  end
  local seq = whole(redis.call('INCR', tag .. ':outbox:seq'))
  redis.call('HSET', box, seq, value)
  redis.call('HSET', ids, id, seq)
  redis.call('ZADD', order, seq, seq)
  grow(#value + more)
end

local limit, adds = tonumber(ARGV[1]), tonumber(nextarg())
if limit > 0 and adds > 0 and tonumber(redis.call('GET', sizes) or 0) >= limit then return REFUSED end
for _ = 1, adds do add(nextarg(), nextarg(), nextarg()) end
for _ = 1, tonumber(nextarg()) do
  local seq, value = nextarg(), nextarg()
  local old = redis.call('HGET', box, seq)
  if old then
    redis.call('HSET', box, seq, value)
    grow(#value - #old)
  end
end
for _ = 1, tonumber(nextarg()) do drop(nextarg()) end
while at < #ARGV do
  local key, value = nextarg(), nextarg()
  if value == '' then redis.call('HDEL', marks, key) else redis.call('HSET', marks, key, value) end
end
return OK
