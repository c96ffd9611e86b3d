-- ARGV: a room. Returns incarnation, version, snapshot, whether it is known to be damaged, rows.
local m = redis.call('HMGET', key('meta', ARGV[1]), 'incarnation', 'version', 'damaged')
return {
  m[1] or '', m[2] or '0', redis.call('GET', key('snapshot', ARGV[1])), m[3] or '',
  redis.call('XRANGE', key('journal', ARGV[1]), '-', '+'),
}
