-- Ouidire's gate: the one place where a voice may leave this FreeSWITCH. The bridge asks by an event (ouidire::ask), this
-- script looks for itself whether the caller's own channel says "granted", and starts and ends the streams.
-- A leg is listed for the stop keys and only then the consent is read; the stop keys change the consent and only then read
-- the list. Whoever comes first, no voice escapes.
local api = freeswitch.API()
local UUID = "^%x+%-%x+%-%x+%-%x+%-%x+$"
local PREFIX = "ouidire-fork-"

local function asked(name)
  return event:getHeader("Ouidire-" .. name) or ""
end

local function variable(uuid, name)
  local value = api:executeString("uuid_getvar " .. uuid .. " " .. name) or ""
  if value == "_undef_" or value:sub(1, 1) == "-" then return "" end
  return (value:gsub("%s+$", ""))
end

local function tell(did, more, body)
  local told = freeswitch.Event("CUSTOM", "ouidire::told")
  told:addHeader("Ouidire-Ask", asked("Ask"))
  told:addHeader("Ouidire-Did", did)
  told:addHeader("Ouidire-Call", asked("Call"))
  told:addHeader("Ouidire-Leg", asked("Leg"))
  told:addHeader("Ouidire-More", tostring(more or ""))
  if body then told:addBody(body) end
  told:fire()
end

-- Every leg that is heard, with its call: {leg = call}.
local function forks()
  local found, count = {}, 0
  for call, leg in (api:executeString("hash_dump db") or ""):gmatch("D/" .. PREFIX:gsub("%-", "%%-") .. "([%x%-]+)_([%x%-]+)/") do
    found[leg], count = call, count + 1
  end
  return found, count
end

local function let_end(call, leg)
  api:executeString("sched_del ouidire-" .. leg)
  local tap = api:executeString("hash select/ouidire-tap/" .. leg) or ""
  if tap:match(UUID) then
    api:executeString("uuid_kill " .. tap)
    api:executeString("hash delete/ouidire-tap/" .. leg)
  else
    api:executeString("uuid_audio_stream " .. leg .. " stop")
  end
  api:executeString("hash delete/" .. PREFIX .. call .. "/" .. leg)
end

-- A stream without a lease would outlive a bridge that stands still.
local function lease(leg)
  api:executeString("sched_del ouidire-" .. leg)
  local ending = "lua @{stop_script} lease " .. leg
  return (api:executeString("sched_api +@{lease_s} ouidire-" .. leg .. " " .. ending) or ""):sub(1, 1) == "+"
end

-- Whoever begins to listen makes FreeSWITCH throw away the packet that it has just read from that leg, and the one behind
-- it: 60 ms which the other party misses. It does not where a jitter buffer holds them, so one of a single packet stands
-- there until that is over; an admin's own is left alone. In a thread of its own: the next voice need not wait.
local function keep_packets(leg)
  local profiles = api:executeString("xml_locate configuration configuration name sofia.conf") or ""
  if variable(leg, "jitterbuffer_msec") ~= "" or profiles:find("auto%-jitterbuffer%-msec") then return end
  api:executeString("uuid_jitterbuffer " .. leg .. " 20")
  api:executeString("uuid_setvar " .. leg .. " jitterbuffer_msec")
  api:executeString("luarun @{stop_script} buffer " .. leg)
end

local open = {}

function open.websocket(leg, target)
  -- Without these two the module reads memory that it never set.
  api:executeString("uuid_setvar " .. leg .. " STREAM_HEART_BEAT 15")
  api:executeString("uuid_setvar " .. leg .. " STREAM_MESSAGE_DEFLATE true")
  api:executeString("uuid_setvar " .. leg .. ' STREAM_EXTRA_HEADERS {"Authorization":"Bearer ' .. target .. '"}')
  local answer = api:executeString("uuid_audio_stream " .. leg .. " start ws://@{host}:@{port}/fork mono 16k") or ""
  api:executeString("uuid_setvar " .. leg .. " STREAM_EXTRA_HEADERS")
  return answer:sub(1, 1) == "+"
end

function open.tap(leg, target)
  local uuid = (api:executeString("create_uuid") or ""):gsub("%s+$", "")
  api:executeString("hash insert/ouidire-tap/" .. leg .. "/" .. uuid)
  local with = "{origination_uuid=" .. uuid .. ",origination_caller_id_number=0,origination_caller_id_name=ouidire," ..
    -- A leg's own mouth, and no keys from us. Our side says nothing: it needs a clock of its own, and no limit on silence.
    "eavesdrop_bridge_aleg=true,eavesdrop_enable_dtmf=false,rtp_timer_name=soft,rtp_timeout_sec=0,media_timeout=0," ..
    -- Eavesdropping never makes the rate higher: of an 8 kHz leg at 16 kHz only pieces would come.
    "absolute_codec_string=L16@8000h,ignore_early_media=true,originate_timeout=5,process_cdr=false}"
  local answer = api:executeString("bgapi originate " .. with .. "sofia/@{profile}/" .. target .. "@@{host}:@{port} &eavesdrop(" .. leg .. ")") or ""
  return answer:sub(1, 1) == "+"
end

local does = {}

function does.fork(call, leg)
  local target = asked("Target")
  if not target:match("^%x+$") or #target ~= 32 then return tell("denied", "not a target") end
  -- The leg must be in this very conversation: nobody else's yes opens it.
  if leg ~= call and variable(leg, "signal_bond") ~= call and variable(call, "signal_bond") ~= leg then
    return tell("denied", "not in this conversation")
  end
  local listed, count = forks()
  local siblings = 0
  for _, of in pairs(listed) do if of == call then siblings = siblings + 1 end end
  if count >= @{max_forks} or siblings >= @{max_forks_per_call} then return tell("denied", "full") end
  api:executeString("hash insert/" .. PREFIX .. call .. "/" .. leg .. "/1")
  local consent = variable(call, "ouidire_consent")
  if consent ~= "granted" then
    api:executeString("hash delete/" .. PREFIX .. call .. "/" .. leg)
    return tell("denied", "consent is " .. (consent == "" and "not asked" or consent))
  end
  if listed[leg] then let_end(listed[leg], leg) end
  api:executeString("hash insert/" .. PREFIX .. call .. "/" .. leg .. "/1")
  keep_packets(leg)
  if not lease(leg) or not open.@{transport}(leg, target) then
    let_end(call, leg)
    return tell("failed", "the stream did not start")
  end
  -- A stop that came while it was being opened has read a list without it.
  if variable(call, "ouidire_consent") ~= "granted" then
    let_end(call, leg)
    return tell("denied", "stopped meanwhile")
  end
  freeswitch.consoleLog("INFO", "ouidire gate: forked " .. leg .. " of " .. call .. "\n")
  tell("forked")
end

function does.renew(call, leg)
  if forks()[leg] ~= call or not lease(leg) then return tell("failed", "no such fork") end
  tell("renewed")
end

does["end"] = function(call, leg)
  let_end(call, leg)
  tell("ended")
end

function does.stop(call)
  api:executeString("lua @{stop_script} " .. call .. " " .. (asked("Who") == "agent" and "agent" or "caller") .. " star9 silent")
  tell("stopped", variable(call, "ouidire_consent"))
end

function does.say(call)
  local recording = asked("Recording")
  if not recording:match("^/[%w%._/%-]+$") then return tell("failed", "not a path") end
  api:executeString("uuid_setvar " .. call .. " ouidire_say " .. recording)
  tell("said")
end

-- Our own lines: each of these only for a channel whose own variable says that it is on one now.
local function on_line(uuid)
  if variable(uuid, "ouidire_line") ~= "" then return true end
  tell("denied", "no such channel on a line of ours")
end

function does.play(uuid)
  local id, prompts = asked("Play"), asked("Prompts")
  if not id:match("^%x+$") or #id ~= 32 or not prompts:match("^[%l%d_,]+$") then return tell("denied", "no prompts") end
  if on_line(uuid) then
    api:executeString("uuid_setvar " .. uuid .. " ouidire_wish " .. id .. "," .. prompts)
    tell("playing")
  end
end

-- The wish is taken back before what plays is broken off: so what plays next is not.
function does.quiet(uuid)
  if on_line(uuid) then
    if variable(uuid, "ouidire_wish"):match("^%x+") == asked("Play") then
      api:executeString("uuid_setvar " .. uuid .. " ouidire_wish")
      api:executeString("uuid_break " .. uuid)
    end
    tell("quiet")
  end
end

function does.leave(uuid)
  -- The one extension of ours to which a line leads: no other is open to who knows the bridge's password.
  if asked("Where") ~= "quiet" then return tell("denied", "not an extension") end
  if on_line(uuid) then
    api:executeString("uuid_setvar " .. uuid .. " ouidire_wish leave,quiet")
    tell("left")
  end
end

function does.hangup(uuid)
  if on_line(uuid) then
    api:executeString("uuid_kill " .. uuid .. " NORMAL_CLEARING")
    tell("ended")
  end
end

-- What the bridge says to a code: for a channel that asked, and waits.
function does.answer(uuid)
  local prompt = asked("Prompt")
  if not prompt:match("^[%l_]+$") or variable(uuid, "ouidire_code") == "" then return tell("denied", "nobody asked") end
  api:executeString("uuid_setvar " .. uuid .. " ouidire_told " .. prompt)
  tell("answered")
end

-- The names of what stands in FreeSWITCH's SIP, each once: a profile that also speaks TLS stands there twice.
local function names(kind)
  local found, seen = {}, {}
  for name in (api:executeString("sofia xmlstatus") or ""):gmatch("<" .. kind .. ">%s*<name>([^<%s]+)</name>") do
    if not seen[name] then found[#found + 1], seen[name] = name, true end
  end
  return found
end

-- Who is registered, and what that phone calls itself: one a line. Whoever may ask FreeSWITCH's SIP itself may end it too.
function does.phones()
  local found = {}
  for _, profile in ipairs(names("profile")) do
    local user
    for line in (api:executeString("sofia xmlstatus profile " .. profile .. " reg") or ""):gmatch("[^\r\n]+") do
      user = line:match("^%s*<user>([^@%s]+)@") or user
      local agent = line:match("^%s*<agent>(.*)</agent>")
      if user and agent then
        found[#found + 1] = user .. " " .. agent
        user = nil
      end
    end
  end
  tell("found", #found, table.concat(found, "\n"))
end

-- By which names calls come and go: "profile external" and "gateway isp", one a line.
function does.trunks()
  local found = {}
  for _, kind in ipairs({ "profile", "gateway" }) do
    for _, name in ipairs(names(kind)) do found[#found + 1] = kind .. " " .. name end
  end
  tell("found", #found, table.concat(found, "\n"))
end

-- A new bridge knows none of the old one's forks.
function does.sweep()
  local keep, swept = asked("Keep"), 0
  for leg, call in pairs((forks())) do
    if not keep:find(leg, 1, true) then
      let_end(call, leg)
      swept = swept + 1
    end
  end
  tell("swept", swept)
end

local call, leg = asked("Call"), asked("Leg")
local work = does[asked("Do")]
local of_no_call = { sweep = true, phones = true, trunks = true }
if not work or (not of_no_call[asked("Do")] and not call:match(UUID)) or (leg ~= "" and not leg:match(UUID)) then
  tell("denied", "not understood")
else
  work(call, leg)
end
