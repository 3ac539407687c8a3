-- Stores a page, ends the flight that brought it, if any, and tells everybody.
-- KEYS: page, lease. ARGV: fence, token or '', time to live in ms, record,
-- channel, message that it is stored, message that it is not.
-- Returns 'stored', 'past' for one whose last moment has passed, or 'fenced' if
-- a page with a higher fence is there.
local flight = ARGV[2] ~= ''
local mine = tonumber(ARGV[1])
if not flight then
	-- The clock of a replica may be fast: nothing was asked for later than now.
	local time = redis.call('time')
	mine = math.min(mine, time[1] * 1000000 + time[2])
end
local kind = redis.call('type', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then
	redis.call('del', KEYS[1])
end
local result, message, failure = 'stored', ARGV[6], nil
if kind == 'hash' and tonumber(redis.call('hget', KEYS[1], 'fence') or 0) > mine then
	result = 'fenced'
elseif tonumber(ARGV[3]) <= 0 then
	result = 'past'
	redis.call('del', KEYS[1])
else
	-- A server without room refuses this only as long as a script has written
	-- nothing, so it comes first.
	local reply = redis.pcall('hset', KEYS[1], 'v1', ARGV[4], 'fence', string.format('%.0f', mine))
	if type(reply) == 'table' and reply.err then
		failure, message = reply, ARGV[7]
		redis.call('del', KEYS[1])
	else
		redis.call('pexpire', KEYS[1], ARGV[3])
	end
end
if flight and redis.call('hget', KEYS[2], 'token') == ARGV[2] then
	redis.call('del', KEYS[2])
end
if flight or result == 'stored' and not failure then
	redis.call('publish', ARGV[5], message)
end
return failure or result
