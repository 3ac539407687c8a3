-- Deletes a page unless another was stored since it was read.
-- KEYS: page. ARGV: fence of what was read, '' if it has none.
if redis.call('type', KEYS[1]).ok ~= 'hash' or (redis.call('hget', KEYS[1], 'fence') or '') == ARGV[1] then
	return redis.call('unlink', KEYS[1])
end
return 0
