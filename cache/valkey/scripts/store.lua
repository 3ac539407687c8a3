-- Stores a page, ends the flight that brought it, if any, and tells everybody.
-- KEYS: page, lease. ARGV: fence, token or '', time to live in ms, record,
-- channel, message that it is stored, message that it is not.
-- Returns 'stored', 'past' for one whose last moment has passed, or 'fenced' if
-- a page with a higher fence is there.
local ended = ARGV[2] ~= '' and redis.call('hget', KEYS[2], 'token') == ARGV[2]
if ended then
	redis.call('del', KEYS[2])
end
local mine = tonumber(ARGV[1])
if ARGV[2] == '' then
	-- The clock of a replica may be fast: nothing was asked for later than now.
	local time = redis.call('time')
	mine = math.min(mine, time[1] * 1000000 + time[2])
end
local result = 'stored'
if redis.call('type', KEYS[1]).ok ~= 'hash' then
	redis.call('del', KEYS[1])
elseif tonumber(redis.call('hget', KEYS[1], 'fence') or 0) > mine then
	result = 'fenced'
end
if result == 'stored' then
	redis.call('del', KEYS[1])
	if tonumber(ARGV[3]) <= 0 then
		result = 'past'
	else
		local reply = redis.pcall('hset', KEYS[1], 'v1', ARGV[4], 'fence', string.format('%.0f', mine))
		if type(reply) == 'table' and reply.err then
			if ARGV[2] ~= '' then
				redis.call('publish', ARGV[5], ARGV[7])
			end
			return reply
		end
		redis.call('pexpire', KEYS[1], ARGV[3])
	end
end
if result == 'stored' or ARGV[2] ~= '' then
	redis.call('publish', ARGV[5], ARGV[6])
end
return result
