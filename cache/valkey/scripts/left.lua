-- Notes that the request of a flight leaves, and tells everybody.
-- KEYS: lease. ARGV: token, channel, message.
if redis.call('hget', KEYS[1], 'token') == ARGV[1] then
	redis.call('hset', KEYS[1], 'state', 'left')
end
redis.call('publish', ARGV[2], ARGV[3])
return 1
