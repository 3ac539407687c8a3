-- Notes that a key was purged, for those who are cut off, and tells the others.
-- KEYS: purged. ARGV: key, time in ms, how long to keep in ms, how many to keep,
-- channel, message.
-- To remove comes first: a server without room takes the rest after it.
redis.call('zremrangebyscore', KEYS[1], '-inf', '(' .. (ARGV[2] - ARGV[3]))
redis.call('zadd', KEYS[1], ARGV[2], ARGV[1])
redis.call('zremrangebyrank', KEYS[1], 0, -1 - ARGV[4])
redis.call('pexpire', KEYS[1], ARGV[3])
redis.call('publish', ARGV[5], ARGV[6])
return 1
