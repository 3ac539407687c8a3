-- Has a replica be heard from, and keeps, gives back or gives out the lease.
-- KEYS: leader, state, replicas, ledger (see store).
-- ARGV: replica; term of the lease that it holds by its own clock, or 0; 1 if it
--       wants to lead; term and seq of the ledger that it knows; how long it has heard
--       no answer, lease, silence after which a replica is missing, and time after
--       which it is forgotten, in ms; for tests the time in ms and the process of the
--       server.
-- Returns what has come of it, term, leader, ms until it is worth to come again,
--         replicas heard from, replicas missing, for how many ms the server has noted
--         them, ms since a replica that led was heard from, the state of the ledger, its term and seq, how old it is in ms,
--         and itself if the replica does not know it.
local leader, state, replicas, ledger = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local me, mine, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[7])
local now = tonumber(ARGV[10])
if not now then
	local time = redis.call('time')
	now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function whole(n) return string.format('%.0f', n) end

-- To remove comes first: a server without memory takes the rest after it.
redis.call('zremrangebyscore', replicas, '-inf', '(' .. whole(now - ARGV[9]))
-- One that is heard and does not hear goes alone, too: so it is what it hears that counts.
redis.call('zadd', replicas, whole(now - ARGV[6]), me)

-- A server that was started anew, or emptied, may have forgotten who leads. That
-- one has the time of a lease to say so before another replica can.
local run = ARGV[11] or string.match(redis.call('info', 'server'), 'run_id:(%w+)')
local last, was, since, known, led = unpack(redis.call('hmget', state, 'term', 'run', 'since', 'known', 'led'))
local gap = now - (led or 0)
last, known = tonumber(last or 0), tonumber(known or 0)
if was ~= run then
	since = now
	redis.call('hset', state, 'run', run, 'since', now)
end
if tonumber(ARGV[4]) > known then
	known = tonumber(ARGV[4])
	redis.call('hset', state, 'known', ARGV[4])
end

local outcome = 'other'
local holder, term, till = unpack(redis.call('hmget', leader, 'replica', 'term', 'until'))
if holder and tonumber(till) <= now then holder = false end
term = holder and tonumber(term) or 0
local function take(number)
	holder, term, till = me, number, now + lease
	redis.call('hset', leader, 'replica', me, 'term', whole(number), 'until', whole(till))
	redis.call('hset', state, 'term', whole(number), 'led', whole(now))
end
if mine > 0 and mine == term then
	outcome = 'kept'
	take(mine)
elseif mine > 0 and not holder and mine >= last then
	outcome = 'restored'
	take(mine)
elseif mine == 0 and ARGV[3] == '1' and (not holder or holder == me) and now - since >= lease then
	outcome = 'won'
	-- Terms are times, so that they grow even if the server forgets the last one.
	take(math.max(now * 1000, last + 1))
end
local left = holder and till - now or lease - (now - since)

local live = redis.call('zcount', replicas, whole(now - ARGV[8]), '+inf')
local missing = redis.call('zcard', replicas) - live

local lrun, lterm, lseq, at = unpack(redis.call('hmget', ledger, 'run', 'term', 'seq', 'at'))
local condition, snapshot = 'lost', ''
if lrun == run then
	condition = 'whole'
	if outcome == 'won' or lterm ~= ARGV[4] or lseq ~= ARGV[5] then
		snapshot = redis.call('hget', ledger, 'snapshot')
	end
elseif not lrun and known == 0 then
	condition = 'none'
end
return {outcome, whole(term), holder or '', left, live, missing, now - since, gap, condition, lterm or '0', lseq or '0', now - (at or now), snapshot}
