-- Deletes a page and returns the time in ms.
-- KEYS: page.
redis.call('unlink', KEYS[1])
local time = redis.call('time')
return time[1] * 1000 + math.floor(time[2] / 1000)
