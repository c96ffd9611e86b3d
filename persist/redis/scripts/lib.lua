-- What all scripts have before them. KEYS[1] is the tag of the shard, with which all its keys begin.
local tag = KEYS[1]
local OK, NOT_OWNER, DROPPED, CHANGED, DAMAGED, REFUSED = 0, 1, 2, 3, 4, 5

local function key(kind, room) return tag .. ':' .. kind .. ':' .. room end

-- whole writes a number without an exponent.
local function whole(n) return string.format('%.0f', n) end

-- now returns the time in milliseconds.
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- An owner is "<fence> <node> <incarnation> <run id>". The incarnation is that of the stored room if
-- it is known that rows of it need nothing but to be appended, else "-".

-- holder returns the fence, the node and the run id of an owner.
local function holder(owner)
  if not owner then return nil end
  return string.match(owner, '^(%d+) (.*) %S+ (%x*)$')
end

-- A journal is closed while no rows may come without a script: its last id is the highest there is,
-- so that Redis refuses all others.
local function close(room)
  if redis.call('EXISTS', key('journal', room)) == 1 then
    local most = '18446744073709551615'
    redis.call('XSETID', key('journal', room), most .. '-' .. most)
  end
end

-- open lets the owner with the fence append to a journal; those with lower fences are refused.
local function open(room, fence)
  local journal, last = key('journal', room), fence .. '-0'
  if redis.call('EXISTS', journal) == 0 then return end
  local row = redis.call('XREVRANGE', journal, '+', '-', 'COUNT', 1)[1]
  if row and string.match(row[1], '^%d+') == fence then last = row[1] end
  redis.call('XSETID', journal, last)
end

-- note writes down that rows of the incarnation need nothing but to be appended, and opens the
-- journal; '-': of none, and closes it.
local function note(room, incarnation)
  local owner = redis.call('GET', key('owner', room))
  if incarnation == '-' then close(room) end
  if not owner then return end
  local fence, node, run = holder(owner)
  local noted = fence .. ' ' .. node .. ' ' .. incarnation .. ' ' .. run
  if noted ~= owner then redis.call('SET', key('owner', room), noted, 'KEEPTTL') end
  if incarnation ~= '-' then open(room, fence) end
end

-- owns says whether the value of a room's owner begins with "<fence> <node> ".
local function owns(room, lease)
  local owner = redis.call('GET', key('owner', room))
  return owner and string.sub(owner, 1, #lease) == lease
end

-- gone says whether the incarnation, in 16 digits, was dropped.
local function gone(room, incarnation)
  local last = redis.call('GET', key('gone', room))
  return last and incarnation <= string.sub(last, 1, 16)
end

-- refused says why the owner must not write to the incarnation of a room; 0: it may.
local function refused(room, lease, incarnation, stored)
  if not owns(room, lease) then return NOT_OWNER end
  if stored and stored ~= incarnation then return DROPPED end
  if not stored and gone(room, incarnation) then return DROPPED end
  return OK
end

-- begin makes a room that has an incarnation, or that something is kept of.
local function begin(room, incarnation)
  if incarnation then redis.call('HSET', key('meta', room), 'incarnation', incarnation) end
  redis.call('ZADD', tag .. ':rooms', 0, room)
end

local function keep(room, expires)
  if expires then
    redis.call('HDEL', key('meta', room), 'expires')
    redis.call('ZREM', tag .. ':expiry', room)
  end
end

-- raise sets the version of a room, which never goes back.
local function raise(room, version)
  if version == '0' then return end
  version = tonumber(version)
  local meta = key('meta', room)
  local stored = tonumber(redis.call('HGET', meta, 'version') or 0)
  if version > stored then redis.call('HSET', meta, 'version', whole(version)) end
end

-- add appends to the journal, at the given number or, where that is taken, at the next that is not.
local function add(room, fence, number, kind, data)
  local journal = key('journal', room)
  local id = redis.pcall('XADD', journal, fence .. '-' .. number, kind, data)
  if type(id) == 'table' then id = redis.pcall('XADD', journal, fence .. '-*', kind, data) end
  return id
end

-- generation returns the marker and the run id of this Redis.
local function generation()
  local marker = redis.call('GET', tag .. ':marker')
  if not marker then return '' end
  return marker .. '.' .. string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end
