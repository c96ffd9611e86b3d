-- Versions of a room: a hash with a description of each by its number, and a key for each with its
-- snapshot. A description is "TIME SIZE WHY", or "TIME SIZE+KEPT,RESTORED,LENGTHS WHY...", with the
-- lengths of the reason, the name, and three texts about users, which follow one another.

local FRAME = 5 -- what a stored snapshot has beside its data, in bytes

-- described returns a version as a table.
local function described(text)
  local time, size, more, rest = string.match(text, '^(%-?%d+) (%d+)(%S*) (.*)$')
  if not time then return { time = 0, kept = 0, size = 0, texts = { text, '', '', '', '' } } end
  local v = { time = tonumber(time), size = tonumber(size), kept = tonumber(time), restored = '0' }
  local kept, restored, lengths = string.match(more, '^%+(%d+),(%d+),(.*)$')
  if not kept then
    v.texts = { rest, '', '', '', '' }
    return v
  end
  v.kept, v.restored, v.texts = tonumber(kept), restored, {}
  local from = 1
  for length in string.gmatch(lengths, '%d+') do
    v.texts[#v.texts + 1] = string.sub(rest, from, from + length - 1)
    from = from + length
  end
  return v
end

-- description is the opposite of described.
local function description(v)
  local lengths = {}
  for i, text in ipairs(v.texts) do lengths[i] = #text end
  return whole(v.time) .. ' ' .. whole(v.size) .. '+' .. whole(v.kept) .. ',' .. (v.restored or '0')
    .. ',' .. table.concat(lengths, ',') .. ' ' .. table.concat(v.texts)
end

-- all returns the versions of a room, the newest first.
local function all(room)
  local list, stored = {}, redis.call('HGETALL', key('versions', room))
  for i = 1, #stored, 2 do
    local v = described(stored[i + 1])
    v.id = stored[i]
    list[#list + 1] = v
  end
  table.sort(list, function(a, b) return tonumber(a.id) > tonumber(b.id) end)
  return list
end

-- due says whether the snapshot that is replaced is to be kept.
local function due(room, at, interval)
  for _, v in ipairs(all(room)) do
    if v.texts[1] == 'snapshot' then
      local age = at - v.time
      return age < 0 or age >= interval
    end
  end
  return true
end

-- version adds a version, of which the snapshot is stored by the caller, and returns its number.
local function version(room, v)
  local id = redis.call('HINCRBY', key('meta', room), 'versions', 1)
  redis.call('HSET', key('versions', room), id, description(v))
  return id
end

local function forget(room, id)
  redis.call('HDEL', key('versions', room), id)
  redis.call('DEL', key('version:' .. id, room))
end

-- tidy forgets a room of which nothing is left.
local function tidy(room)
  for _, kind in ipairs({ 'versions', 'snapshot', 'journal', 'late' }) do
    if redis.call('EXISTS', key(kind, room)) == 1 then return end
  end
  if redis.call('HEXISTS', key('meta', room), 'incarnation') == 1 then return end
  redis.call('DEL', key('meta', room))
  redis.call('ZREM', tag .. ':rooms', room)
  redis.call('ZREM', tag .. ':expiry', room)
end

-- limits reads how many versions of a kind are kept without a name, their age and their size
-- together, and how many with a name, from four arguments.
local function limits(from)
  return {
    count = tonumber(ARGV[from]), age = tonumber(ARGV[from + 1]), bytes = tonumber(ARGV[from + 2]),
    named = tonumber(ARGV[from + 3]),
  }
end

-- surplus deletes the versions without a name that are too many, too old, or too large together, and
-- returns how many. The newest automatic one, and the newest other, may be as large as they are.
local function surplus(room, now, limit)
  local count, bytes, deleted = { 0, 0 }, { 0, 0 }, 0
  for _, v in ipairs(all(room)) do
    if v.texts[2] == '' then
      local k = v.texts[1] == 'snapshot' and 1 or 2
      count[k], bytes[k] = count[k] + 1, bytes[k] + v.size - FRAME
      if count[k] > limit.count or limit.age > 0 and now - v.kept >= limit.age
        or limit.bytes > 0 and count[k] > 1 and bytes[k] > limit.bytes then
        forget(room, v.id)
        deleted = deleted + 1
      end
    end
  end
  return deleted
end

-- full says whether a room may have no other named version, of that size; the one with the id is
-- left out.
local function full(room, id, size, limit)
  local count, bytes = 0, 0
  for _, v in ipairs(all(room)) do
    if v.texts[2] ~= '' and v.id ~= id then
      count, bytes = count + 1, bytes + v.size - FRAME
    end
  end
  return count >= limit.named
    or count > 0 and limit.bytes > 0 and bytes + size - FRAME > limit.bytes
end
