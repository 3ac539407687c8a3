-- Has a replica leave, and gives back its lease.
-- KEYS: leader, replicas. ARGV: replica, term of its lease or 0.
redis.call('zrem', KEYS[2], ARGV[1])
if redis.call('hget', KEYS[1], 'term') == ARGV[2] then
	redis.call('del', KEYS[1])
end
return 1
