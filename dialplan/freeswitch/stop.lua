-- The stop keys: the mark first, then every voice of the call, then journal and event. It needs no program of ours.
-- argv: the call's uuid, who wishes it (caller, agent), how (star9, spoken); "silent" as a fourth where nobody pressed a
-- key. "lease" and a leg's uuid: the bridge has not renewed that voice's lease. "buffer" and a leg's uuid: what the gate put
-- there as the voice began is needed a moment longer, and no more.
local api = freeswitch.API()
local call, who, why = argv[1] or "", argv[2] or "", argv[3] or ""
local UUID = "^%x+%-%x+%-%x+%-%x+%-%x+$"
local PREFIX = "ouidire-fork-"
local ANSWERS = {
@{stops}
}

local function variable(uuid, name)
  local value = api:executeString("uuid_getvar " .. uuid .. " " .. name) or ""
  if value == "_undef_" or value:sub(1, 1) == "-" then return "" end
  return (value:gsub("%s+$", ""))
end

local function let_end(of, leg)
  local tap = api:executeString("hash select/ouidire-tap/" .. leg) or ""
  if tap:match(UUID) then
    api:executeString("uuid_kill " .. tap)
    api:executeString("hash delete/ouidire-tap/" .. leg)
  else
    -- In the background: a stop waits for the other end, and the next voice must not wait for that.
    api:executeString("bgapi uuid_audio_stream " .. leg .. " stop")
  end
  api:executeString("hash delete/" .. PREFIX .. of .. "/" .. leg)
end

local function forks()
  return (api:executeString("hash_dump db") or ""):gmatch("D/" .. PREFIX:gsub("%-", "%%-") .. "([%x%-]+)_([%x%-]+)/")
end

local function over_the_lease(leg)
  for of, listed in forks() do
    if listed == leg then let_end(of, leg) end
  end
end

local function stop(answer)
  api:executeString("uuid_setvar " .. call .. " ouidire_consent " .. answer)
  for of, leg in forks() do
    if of == call then let_end(of, leg) end
  end
  local at = (api:executeString("strepoch") or ""):gsub("%s+$", "")
  local notice, language = variable(call, "ouidire_notice"), variable(call, "ouidire_language")
  api:executeString("db insert/ouidire/" .. answer .. "-" .. call .. "/" .. at .. "|" .. why .. "|" .. notice .. "|" .. language)
  local told = freeswitch.Event("CUSTOM", "ouidire::consent")
  local fields = { Call = call, Answer = answer, Why = why, Notice = notice, Language = language, At = at }
  for name, value in pairs(fields) do told:addHeader("Ouidire-" .. name, value) end
  told:fire()
  if argv[4] ~= "silent" then
    local presser = (who == "agent" or why == "spoken") and variable(call, "signal_bond") or call
    -- Mixed in for whoever pressed, so that the other party hears no gap.
    if presser:match(UUID) and language:match("^[%w%-]+$") then
      api:executeString("uuid_displace " .. presser .. " start @{sounds}/" .. language .. "/@{stopped_prompt}.wav 0 mux")
    end
  end
end

if call == "lease" then
  if who:match(UUID) then over_the_lease(who) end
elseif call == "buffer" then
  freeswitch.msleep(@{buffer_ms})
  if who:match(UUID) then api:executeString("uuid_jitterbuffer " .. who .. " stop") end
elseif call:match(UUID) then
  local answer = ANSWERS[who .. "-" .. variable(call, "ouidire_consent")]
  if answer then stop(answer) end
end
