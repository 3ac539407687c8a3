-- Takes the flight of a page, or tells who has it and that others wait for it.
-- KEYS: lease, fence, page. ARGV: token, lease in ms, how long a fence is kept
-- in ms, channel, message that others wait or ''.
-- Returns 1, fence; or 0, fence, token, state, ms that the lease has left.
--
-- A fence is a time in µs, or one more than the last if the clock was set back.
-- So it still grows after the server has lost everything, which a count does not.
local held = redis.call('hmget', KEYS[1], 'token', 'fence', 'state')
if held[1] and held[1] ~= ARGV[1] then
	if ARGV[5] ~= '' then
		redis.call('publish', ARGV[4], ARGV[5])
	end
	return {0, held[2], held[1], held[3], redis.call('pttl', KEYS[1])}
end
local time = redis.call('time')
local fence = time[1] * 1000000 + time[2]
local page = 0
if redis.call('type', KEYS[3]).ok == 'hash' then
	page = tonumber(redis.call('hget', KEYS[3], 'fence') or 0)
end
fence = math.max(fence, tonumber(redis.call('get', KEYS[2]) or 0) + 1, page + 1)
fence = string.format('%.0f', fence)
redis.call('set', KEYS[2], fence, 'px', ARGV[3])
redis.call('hset', KEYS[1], 'token', ARGV[1], 'fence', fence, 'state', 'waiting')
redis.call('pexpire', KEYS[1], ARGV[2])
return {1, fence}
