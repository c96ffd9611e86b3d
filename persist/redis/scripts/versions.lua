-- Versions of a room: a hash with the time, the size and the reason of each by its number, and a key
-- for each with its snapshot.

local function described(text) return string.match(text, '^(%-?%d+) (%d+) (.*)$') end

-- numbers returns the numbers of all versions, the newest first.
local function numbers(room)
  local all = redis.call('HKEYS', key('versions', room))
  table.sort(all, function(a, b) return tonumber(a) > tonumber(b) end)
  return all
end

-- due says whether the snapshot that is replaced is to be kept.
local function due(room, at, interval)
  for _, id in ipairs(numbers(room)) do
    local time, _, why = described(redis.call('HGET', key('versions', room), id))
    if why == 'snapshot' then
      local age = at - time
      return age < 0 or age >= interval
    end
  end
  return true
end

-- version adds a version, of which the snapshot is stored by the caller, and returns its number.
local function version(room, time, size, why)
  local id = redis.call('HINCRBY', key('meta', room), 'versions', 1)
  redis.call('HSET', key('versions', room), id, time .. ' ' .. size .. ' ' .. why)
  return id
end

-- surplus deletes the oldest of either kind of which there are more than limit.
local function surplus(room, limit)
  local automatic, others = 0, 0
  for _, id in ipairs(numbers(room)) do
    local _, _, why = described(redis.call('HGET', key('versions', room), id))
    local n
    if why == 'snapshot' then
      automatic = automatic + 1
      n = automatic
    else
      others = others + 1
      n = others
    end
    if n > limit then
      redis.call('HDEL', key('versions', room), id)
      redis.call('DEL', key('version:' .. id, room))
    end
  end
end
