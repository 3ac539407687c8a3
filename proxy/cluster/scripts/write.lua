-- Keeps the ledger, if the replica that sends it leads, and tells the others.
-- KEYS: leader, state, ledger. ARGV: term, seq, snapshot, channel, message; for
--       tests the time in ms.
-- Returns 1 if it is kept.
local now = tonumber(ARGV[6])
if not now then
	local time = redis.call('time')
	now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local leads, till = unpack(redis.call('hmget', KEYS[1], 'term', 'until'))
if leads ~= ARGV[1] or tonumber(till) <= now then
	return 0
end
-- What was sent before and comes after must not replace what was sent after it.
local term, seq = unpack(redis.call('hmget', KEYS[3], 'term', 'seq'))
if term == ARGV[1] and tonumber(seq) >= tonumber(ARGV[2]) then
	return 0
end
-- To remove comes first: a server without memory takes the rest after it.
redis.call('del', KEYS[3])
redis.call('hset', KEYS[3], 'run', redis.call('hget', KEYS[2], 'run') or '', 'term', ARGV[1], 'seq', ARGV[2],
	'at', string.format('%.0f', now), 'snapshot', ARGV[3])
redis.call('hset', KEYS[2], 'known', ARGV[1])
redis.call('publish', ARGV[4], ARGV[5])
return 1
