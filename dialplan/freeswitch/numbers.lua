-- Numbers are hashed here and nowhere told: NMAC over SHA-1, as on every PBX of ours. Without a word: whoever is about to be
-- asked gets a tag, by which who names the number finds this call; or nobody asks, where that number wished so (in mod_db,
-- under a hash). "quiet": who is on our line wishes so.
local KEYS = {
@{keys}
}
local REALM = "ouidire-quiet"
local api = freeswitch.API()

-- Bits of two words, four at a time: so it needs no Lua that has operators for them.
local AND, XOR = {}, {}
for a = 0, 15 do
  for b = 0, 15 do
    local both, one, place, x, y = 0, 0, 1, a, b
    for _ = 1, 4 do
      local p, q = x % 2, y % 2
      if p == 1 and q == 1 then both = both + place elseif p ~= q then one = one + place end
      x, y, place = (x - p) / 2, (y - q) / 2, place * 2
    end
    AND[a * 16 + b], XOR[a * 16 + b] = both, one
  end
end

local function joined(bits, a, b)
  local word, place = 0, 1
  for _ = 1, 8 do
    local p, q = a % 16, b % 16
    word, place = word + bits[p * 16 + q] * place, place * 16
    a, b = (a - p) / 16, (b - q) / 16
  end
  return word
end

local function rotated(word, bits)
  local high = 2 ^ (32 - bits)
  return (word % high) * 2 ^ bits + math.floor(word / high)
end

local function words(text)
  local bits = #text * 8
  text = text .. "\128" .. ("\0"):rep((55 - #text) % 64) .. "\0\0\0\0"
  for shift = 3, 0, -1 do text = text .. string.char(math.floor(bits / 256 ^ shift) % 256) end
  local found = {}
  for at = 1, #text, 4 do
    local a, b, c, d = text:byte(at, at + 3)
    found[#found + 1] = ((a * 256 + b) * 256 + c) * 256 + d
  end
  return found
end

local function sha1(text)
  local h = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0 }
  local all = words(text)
  for block = 0, #all - 1, 16 do
    local w = {}
    for t = 1, 80 do
      w[t] = t <= 16 and all[block + t]
        or rotated(joined(XOR, joined(XOR, w[t - 3], w[t - 8]), joined(XOR, w[t - 14], w[t - 16])), 1)
    end
    local a, b, c, d, e = h[1], h[2], h[3], h[4], h[5]
    for t = 1, 80 do
      local f, k
      if t <= 20 then
        f, k = joined(XOR, d, joined(AND, b, joined(XOR, c, d))), 0x5A827999
      elseif t <= 40 then
        f, k = joined(XOR, b, joined(XOR, c, d)), 0x6ED9EBA1
      elseif t <= 60 then
        f, k = joined(AND, b, c) + joined(AND, d, joined(XOR, b, c)), 0x8F1BBCDC
      else
        f, k = joined(XOR, b, joined(XOR, c, d)), 0xCA62C1D6
      end
      a, b, c, d, e = (rotated(a, 5) + f + e + k + w[t]) % 2 ^ 32, a, rotated(b, 30), c, d
    end
    h[1], h[2], h[3], h[4], h[5] =
      (h[1] + a) % 2 ^ 32, (h[2] + b) % 2 ^ 32, (h[3] + c) % 2 ^ 32, (h[4] + d) % 2 ^ 32, (h[5] + e) % 2 ^ 32
  end
  return ("%08x%08x%08x%08x%08x"):format(h[1], h[2], h[3], h[4], h[5])
end

local function hashed(key, text)
  return sha1(key.outer .. sha1(key.inner .. text))
end

local function is_kept(hash)
  return (api:executeString("db exists/" .. REALM .. "/" .. hash) or ""):match("^true") ~= nil
end

local function keep(hash)
  local at = (api:executeString("strepoch") or ""):match("%d+") or "0"
  api:executeString("db insert/" .. REALM .. "/" .. hash .. "/" .. at)
  return is_kept(hash)
end

local function wished_quiet(number)
  local newest, previous = hashed(KEYS[1], number), KEYS[2] and hashed(KEYS[2], number)
  if is_kept(newest) then return true end
  if not previous or not is_kept(previous) then return false end
  -- Found by the key that was in use before: from now on by the new one.
  if keep(newest) then api:executeString("db delete/" .. REALM .. "/" .. previous) end
  return true
end

local function tag(number)
  local uuid = (api:executeString("create_uuid") or ""):match("%x+%-%x+%-%x+%-%x+%-%x+") or session:get_uuid()
  -- Of another length than the whole UUID, since a tag's nonce has 20 digits at most.
  local nonce = ("%.0f%.0f"):format(tonumber(uuid:sub(1, 8), 16), tonumber(uuid:sub(-8), 16))
  return nonce .. "-" .. hashed(KEYS[1], nonce .. number)
end

-- Who is asked: whom staff dialled, else who calls.
local asked = session:getVariable("ouidire_number") or session:getVariable("caller_id_number") or ""
local number = asked:gsub("[^%d+]", "")
if number:match("^0*$") then number = "" end -- FreeSWITCH writes zeros for none

if argv[1] == "quiet" then
  local done = KEYS[1] and number ~= "" and keep(hashed(KEYS[1], number))
  local folder = "@{sounds}/" .. (session:getVariable("ouidire_language") or "") .. "/"
  for _, name in ipairs(done and { "rights_quiet", "goodbye" } or { "unavailable" }) do
    session:streamFile(folder .. name .. ".wav")
  end
elseif not KEYS[1] then
  freeswitch.consoleLog("ERR", "ouidire has no key for numbers and asks nobody: run ouidire install\n")
  session:setVariable("ouidire_unasked", "true")
elseif number ~= "" and wished_quiet(number) then
  session:setVariable("ouidire_unasked", "true")
elseif number ~= "" then
  session:setVariable("ouidire_tag", tag(number))
end
