-- Makes sure that the server takes writes, and returns its time in ms. That it
-- has no room is not held against it: what is there can still be read.
-- KEYS: hello. ARGV: replica.
local time = redis.call('time')
local reply = redis.pcall('set', KEYS[1], ARGV[1], 'px', 10000)
if reply.err and not string.find(reply.err, 'OOM', 1, true) then
	return reply
end
return time[1] * 1000 + math.floor(time[2] / 1000)
