-- Somebody on one of our own lines, alone with the bridge. argv[1]: which line. Until the end this channel's own variable
-- says so, and the gate does nothing of lines to a channel that does not. What the bridge wishes stands in another
-- variable ("<id>,<prompt>,<prompt>..." or "leave,<extension>"), which the gate alone writes; what happens is told by
-- events, the keys too: so nobody needs to hear the keys of other channels.
local line, uuid = argv[1] or "", session:get_uuid()
local ends_at = os.time() + @{line_s}
local POLL_MS = 50

local function tell(did, more)
  local told = freeswitch.Event("CUSTOM", "ouidire::line")
  told:addHeader("Ouidire-Leg", uuid)
  told:addHeader("Ouidire-Did", did)
  told:addHeader("Ouidire-More", more or "")
  told:addHeader("Ouidire-At", tostring(os.time()))
  told:fire()
end

-- FreeSWITCH calls it by its name.
function ouidire_pressed(_, kind, input)
  if kind == "dtmf" then tell("key", input.digit) end
end

local function wish()
  return session:getVariable("ouidire_wish") or ""
end

local function prompt(name)
  return session:streamFile("@{sounds}/" .. (session:getVariable("ouidire_language") or "") .. "/" .. name .. ".wav")
end

-- One after the other, until the wish is another one.
local function play(wished)
  local whole = true
  for name in wished:gmatch(",([%w_]+)") do
    if wish() ~= wished or not session:ready() then return end
    whole = prompt(name) == 1 and whole
  end
  if wish() == wished then
    session:setVariable("ouidire_wish", "")
    tell("played", wished:match("^%x+") .. "," .. (whole and "whole" or "part"))
  end
end

-- The extension to which the bridge lets the caller go; nothing where it was not heard of for too long.
local function attend()
  local patience_ms, idle_ms = @{first_s} * 1000, 0
  while session:ready() and os.time() < ends_at do
    local wished = wish()
    local where = wished:match("^leave,([%w_]+)$")
    if where then return where end
    if wished ~= "" then
      play(wished)
      patience_ms, idle_ms = @{idle_s} * 1000, 0
    elseif idle_ms > patience_ms then
      return "nobody"
    end
    -- Also what ends a break that found nothing to break.
    session:sleep(POLL_MS)
    idle_ms = idle_ms + POLL_MS
  end
end

session:setVariable("ouidire_wish", "")
session:setVariable("playback_terminators", "none")
session:setVariable("ouidire_line", line)
session:setInputCallback("ouidire_pressed", "")
tell("entered", line)
local where = attend()
session:unsetInputCallback()
session:setVariable("ouidire_line", "")
if where == "nobody" then
  prompt("@{unavailable}")
elseif where then
  session:execute("execute_extension", "ouidire_" .. where .. " XML @{context}")
end
