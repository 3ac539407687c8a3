-- Renews a lease, also one that has run out unless another was given since.
-- KEYS: lease, fence. ARGV: token, fence, state, lease in ms, how long a fence is
-- kept in ms.
-- Returns 1 if the lease is held.
local token = redis.call('hget', KEYS[1], 'token')
if token == ARGV[1] then
	-- A server without room takes this.
	return redis.call('pexpire', KEYS[1], ARGV[4])
end
local last = redis.call('get', KEYS[2])
if token or last and last ~= ARGV[2] then
	return 0
end
redis.call('set', KEYS[2], ARGV[2], 'px', ARGV[5])
redis.call('hset', KEYS[1], 'token', ARGV[1], 'fence', ARGV[2], 'state', ARGV[3])
redis.call('pexpire', KEYS[1], ARGV[4])
return 1
