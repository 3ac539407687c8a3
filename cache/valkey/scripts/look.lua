-- Tells what has become of a flight.
-- KEYS: lease, page. ARGV: token, fence.
-- Returns state, ms that the lease has left; or 'landed' or 'over', 0.
local held = redis.call('hmget', KEYS[1], 'token', 'state')
if held[1] == ARGV[1] then
	return {held[2], redis.call('pttl', KEYS[1])}
end
if redis.call('type', KEYS[2]).ok == 'hash' and tonumber(redis.call('hget', KEYS[2], 'fence') or 0) >= tonumber(ARGV[2]) then
	return {'landed', 0}
end
return {'over', 0}
