-- Stores a page and tells everybody.
-- KEYS: page. ARGV: fence, time to live in ms, record, channel, message.
-- Returns 'stored', 'past' for one whose last moment has passed, or 'fenced' if a
-- page with a higher fence is there.
-- The clock of a replica may be fast: nothing was asked for later than now.
local time = redis.call('time')
local mine = math.min(tonumber(ARGV[1]), time[1] * 1000000 + time[2])
local kind = redis.call('type', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then
	redis.call('del', KEYS[1])
end
if kind == 'hash' and tonumber(redis.call('hget', KEYS[1], 'fence') or 0) > mine then
	return 'fenced'
end
if tonumber(ARGV[2]) <= 0 then
	redis.call('del', KEYS[1])
	return 'past'
end
-- A server without memory refuses this only as long as a script has written
-- nothing, so it comes first.
local reply = redis.pcall('hset', KEYS[1], 'v1', ARGV[3], 'fence', string.format('%.0f', mine))
if type(reply) == 'table' and reply.err then
	redis.call('del', KEYS[1])
	return reply
end
redis.call('pexpire', KEYS[1], ARGV[2])
redis.call('publish', ARGV[4], ARGV[5])
return 'stored'
