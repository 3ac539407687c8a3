-- Remembers a key, as the latest of so many.
-- KEYS: remembered. ARGV: key, how many to keep, how long in ms.
-- To remove comes first: a server without room takes the rest after it.
redis.call('zremrangebyrank', KEYS[1], 0, -ARGV[2])
local time = redis.call('time')
redis.call('zadd', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
redis.call('pexpire', KEYS[1], ARGV[3])
return 1
