-- *7 on an agent's leg, and *7 once more within @{again_s} s: the score on the screen is contested. The first one only asks. Both are
-- answered as a stop is, mixed in for the agent alone. Whether a score stands is what the bridge alone knows.
-- argv: the call's uuid. Run in a thread of its own (luarun), since it waits.
local api = freeswitch.API()
local call = argv[1] or ""
local UUID = "^%x+%-%x+%-%x+%-%x+%-%x+$"

local function variable(uuid, name)
  local value = api:executeString("uuid_getvar " .. uuid .. " " .. name) or ""
  if value == "_undef_" or value:sub(1, 1) == "-" then return "" end
  return (value:gsub("%s+$", ""))
end

local function set(uuid, name, value)
  api:executeString("uuid_setvar " .. uuid .. " " .. name .. " " .. value)
end

local function whisper(leg, name)
  local language = variable(call, "ouidire_language")
  if language:match("^[%w%-]+$") and name:match("^[%w_]+$") then
    api:executeString("uuid_displace " .. leg .. " start @{sounds}/" .. language .. "/" .. name .. ".wav 0 mux")
  end
end

local function contest(leg)
  set(leg, "ouidire_contest_at", "")
  set(leg, "ouidire_told", "")
  set(leg, "ouidire_code", "contest")
  local told = freeswitch.Event("CUSTOM", "ouidire::line")
  told:addHeader("Ouidire-Leg", leg)
  told:addHeader("Ouidire-Did", "contested")
  told:addHeader("Ouidire-More", call)
  told:fire()
  local answer, waited = "", 0
  while answer == "" and waited < @{told_waits} do
    freeswitch.msleep(100)
    waited, answer = waited + 1, variable(leg, "ouidire_told")
  end
  set(leg, "ouidire_code", "")
  whisper(leg, answer == "" and "@{contest_failed}" or answer)
end

local leg = call:match(UUID) and variable(call, "signal_bond") or ""
if leg:match(UUID) then
  local now = tonumber((api:executeString("strepoch") or ""):match("%d+")) or 0
  if now - (tonumber(variable(leg, "ouidire_contest_at")) or 0) <= @{again_s} then
    contest(leg)
  else
    set(leg, "ouidire_contest_at", tostring(now))
    whisper(leg, "@{contest_again}")
  end
end
