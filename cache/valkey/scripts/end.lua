-- Ends a flight that brought nothing, and tells everybody.
-- KEYS: lease. ARGV: token, channel, message.
if redis.call('hget', KEYS[1], 'token') == ARGV[1] then
	redis.call('del', KEYS[1])
end
redis.call('publish', ARGV[2], ARGV[3])
return 1
