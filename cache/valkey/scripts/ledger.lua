-- The ledger that replicas share: what each spent of upstream's quota, and what
-- each holds in escrow, that is, may spend when it cannot ask here. Package
-- quota says why this never exceeds the limit (see Letter, Answer and pooled).
--
-- KEYS  state, untils, seqs, slots, replicas, asked
-- ARGV  the letter; where to publish that there is news, and what; for tests, the
--       time in milliseconds and the process that serves
--
-- state     epoch, the process of the server that serves it, seq, whole (who
--           knows less must be told everything), settled (from when on slots are
--           given),
--           count and members (to notice what was evicted), report, closed
-- untils    slot ids by when they stop counting
-- seqs      slot ids by the seq that brought them in or changed them last
-- slots     what else is known of them
-- replicas  escrow e, to which one part in n is added of what has returned since
--           of k slots that were known by seq s; last heard at t; u: has yet to
--           tell what it knows; x: has left, which others may not know
-- asked     clients by when they asked last
local state, untils, seqs, slots, replicas, asked =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local letter = cjson.decode(ARGV[1])

local AWAY = 3000              -- silent for so long, a replica is away
local FORGOTTEN = 86400000     -- and for so long, it is none any more
local UNHEARD = letter.span    -- or for so long, if it has never told what it knows
local SETTLE = 3000            -- after one who knows nobody founded a ledger, others may tell
local CLIENTS, TOLD = 4096, 256
local NEARLY = 1e-6            -- sums of fractions are not exact

local now = tonumber(ARGV[4])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local answer = { now = now }
local function say(word)
  answer.word = word
  return cjson.encode(answer)
end

-- flat returns a hash as a table.
local function flat(key)
  local all, list = {}, redis.call('HGETALL', key)
  for i = 1, #list, 2 do all[list[i]] = list[i + 1] end
  return all
end

-- Is there a ledger, whole, and the one that the replica knows?
local epoch = redis.call('HGET', state, 'epoch')
local function whole()
  local count, members = unpack(redis.call('HMGET', state, 'count', 'members'))
  count, members = tonumber(count), tonumber(members)
  return redis.call('ZCARD', untils) == count and redis.call('ZCARD', seqs) == count
    and redis.call('HLEN', slots) == count and redis.call('HLEN', replicas) == members
end
if epoch and not whole() then epoch = false end
-- Another process of the server goes on from what was saved, or has been copied:
-- the latest may be missing, and nobody knows what. So it is a ledger of its own,
-- to which everybody has yet to tell what they know.
local process = ARGV[5] or string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local moved = epoch and redis.call('HGET', state, 'process') ~= process
local founded_now = false
if not epoch or moved then
  if not letter.found then return say('empty') end
  if not moved then
    redis.call('DEL', state, untils, seqs, slots, replicas)
    redis.call('HSET', state, 'seq', letter.seq, 'whole', 0)
  end
  for id, text in pairs(moved and flat(replicas) or {}) do
    if not cjson.decode(text).x then redis.call('HSET', replicas, id, cjson.encode({ u = true, t = now })) end
  end
  epoch, founded_now = letter.found, not moved
  local settled = letter.members and 0 or now + SETTLE
  redis.call('HSET', state, 'epoch', epoch, 'process', process, 'settled', settled)
end
local seq = tonumber(redis.call('HGET', state, 'seq'))
local known_epoch = letter.epoch == epoch
if not letter.whole and (not known_epoch or letter.seq > seq) then return say('stranger') end
local current = founded_now or (known_epoch and not letter.whole and letter.seq == seq)
local after = math.max(seq, letter.seq) + 1
local changed = founded_now or moved

local function forget(id)
  redis.call('ZREM', untils, id)
  redis.call('ZREM', seqs, id)
  redis.call('HDEL', slots, id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', untils, '-inf', now)) do forget(id) end

-- Slots. Of two reports of one, that of its end counts.
local function put(slot)
  local old = redis.call('HGET', slots, slot.id)
  if old and (cjson.decode(old).e or not slot.e) then return end
  slot.r = now - slot.r
  if slot.e then slot.e = now - slot.e end
  local ends = (slot.e or slot.r + letter.hold) + letter.span
  if ends <= now then return end
  redis.call('ZADD', untils, ends, slot.id)
  redis.call('ZADD', seqs, after, slot.id)
  redis.call('HSET', slots, slot.id, cjson.encode(slot))
  changed = true
end
for _, slot in ipairs(letter.slots or {}) do put(slot) end
for _, id in ipairs(letter.gone or {}) do
  if redis.call('HEXISTS', slots, id) == 1 then
    forget(id)
    redis.call('HSET', state, 'whole', after)
    changed = true
  end
end

-- What upstream said last, to whomever.
local function keep(field, told, latest)
  local old = redis.call('HGET', state, field)
  if old and cjson.decode(old)[latest] >= told[latest] then return end
  redis.call('HSET', state, field, cjson.encode(told))
  changed = true
end
if letter.report then
  letter.report.asked = now - letter.report.asked
  letter.report.answered = now - letter.report.answered
  keep('report', letter.report, 'asked')
end
if letter.closed then
  letter.closed.at = now - letter.closed.at
  letter.closed['until'] = now + letter.closed['until']
  keep('closed', letter.closed, 'until')
end

-- Who asked.
for _, client in ipairs(letter.asked or {}) do redis.call('ZADD', asked, now, client) end
redis.call('ZREMRANGEBYSCORE', asked, '-inf', now - letter.span)
redis.call('ZREMRANGEBYRANK', asked, 0, -CLIENTS - 1)
local others_asked = redis.call('ZRANGEBYSCORE', asked, letter.heard, '+inf', 'LIMIT', 0, TOLD)
if #others_asked > 0 then answer.asked = others_asked end

-- Who is there.
local me = letter.replica
local members, mine = {}, nil
for _, id in ipairs(letter.members or {}) do
  if id ~= me then
    changed = redis.call('HSETNX', replicas, id, cjson.encode({ u = true, t = now })) == 1 or changed
  end
end
for id, text in pairs(flat(replicas)) do
  local r = cjson.decode(text)
  if id == me then
    mine = not r.x and r
  elseif now - r.t > (r.u and UNHEARD or FORGOTTEN) then
    redis.call('HDEL', replicas, id)
    changed = not r.x or changed
  elseif not r.x then
    members[id] = r
  end
end
if letter.leave then
  redis.call('HSET', replicas, me, cjson.encode({ x = true, t = now }))
  changed = mine or changed
elseif not mine or mine.u then
  changed = true
end
if changed then seq = after end

-- What the others hold, now and as far as they are away.
local count, unheard, others, parts = letter.leave and 0 or 1, 0, 0, 0
local absent, away = 0, 0
for id, r in pairs(members) do
  count = count + 1
  if r.u then
    unheard = unheard + 1
  else
    local holds = r.e
    if r.n > 0 then
      holds = holds + math.max(r.k - redis.call('ZCOUNT', seqs, '-inf', r.s), 0) / r.n
      parts = parts + 1 / r.n
    end
    others = others + holds
    if now - r.t > AWAY then absent, away = absent + 1, away + holds end
  end
end
local function live() return redis.call('ZCARD', untils) end

-- The replica's own escrow, as it goes by it until it has read the answer.
local function knows()
  if current then return seq end
  return (known_epoch and not letter.whole) and letter.seq or 0
end
local function worth()
  if letter.parts == 0 then return letter.least end
  local known = redis.call('ZCOUNT', seqs, '-inf', knows())
  return letter.least + math.max(letter.base - known, 0) / letter.parts
end

-- Take a slot.
local settle = false
if letter.take then
  local settled = tonumber(redis.call('HGET', state, 'settled'))
  if not current then
    answer.verdict = 'behind'
  elseif unheard > 0 then
    answer.verdict = 'unheard'
  elseif now < settled then
    answer.verdict = 'settling'
  elseif live() + 1 + others + worth() <= letter.room + NEARLY then
    put(letter.take)
    seq = after
    letter.base, letter.known = letter.base + 1, letter.known + 1
    answer.taken = true
  elseif live() + 1 + away + worth() <= letter.room + NEARLY then
    answer.verdict, settle = 'settling', true
  else
    answer.verdict = 'held'
  end
end

-- It may have what it would like instead, if that fits and is more.
if not letter.leave then
  local escrow = { e = letter.least, n = letter.parts, k = letter.base, s = knows(), t = now }
  if unheard == 0 then
    local offer = math.min(letter.most, math.floor(letter.room - live() - others + NEARLY))
    if offer >= worth() - NEARLY then escrow.e, escrow.k = offer, letter.known end
    if (escrow.n == 0 or escrow.n > count) and parts + 1 / count <= 1 + NEARLY then escrow.n = count end
  end
  redis.call('HSET', replicas, me, cjson.encode(escrow))
  answer.escrow, answer.base, answer.parts = escrow.e, escrow.k, escrow.n
end

-- What the replica does not know yet.
redis.call('HSET', state, 'seq', seq, 'count', live(), 'members', redis.call('HLEN', replicas))
answer.whole = not current and (letter.whole or letter.seq < tonumber(redis.call('HGET', state, 'whole')))
if not current then
  local from = answer.whole and '-inf' or '(' .. letter.seq
  local ids = redis.call('ZRANGEBYSCORE', seqs, from, '+inf')
  local told = {}
  for _, id in ipairs(ids) do told[#told + 1] = cjson.decode(redis.call('HGET', slots, id)) end
  if #told > 0 then answer.slots = told end
end
local report, closed = redis.call('HGET', state, 'report'), redis.call('HGET', state, 'closed')
if report then answer.report = cjson.decode(report) end
if closed then answer.closed = cjson.decode(closed) end
answer.epoch, answer.seq = epoch, seq
answer.members = letter.leave and {} or { me }
for id in pairs(members) do table.insert(answer.members, id) end
if #answer.members == 0 then answer.members = nil end
answer.unheard, answer.away, answer.held = unheard, absent, math.ceil(away - NEARLY)
if changed or answer.taken or settle then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return say('read')
